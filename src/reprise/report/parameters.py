"""What changed in `params.yaml`."""

import json

from reprise.report.dvc import dvc
from reprise.report.markdown import cell, table
from reprise.report.side import Side, revisions


def section(before: Side, after: Side) -> str:
    """Return the settings that are not what they were, as DVC tells them; of the gate the rules that are not."""
    found = dvc("params", "diff", *revisions(before, after))
    rows = [
        (cell(name), _value(values["old"]), _value(values["new"]))
        for name, values in sorted(found.get("params.yaml", {}).items())
        if name != "gate"
    ]
    rows += _rules(before, after)
    if not rows:
        return "### Parameters\n\nNone changed.\n"
    return "### Parameters\n\n" + table(("parameter", "before", "now"), rows)


def rules(side: Side) -> list[object]:
    """Return the rules of the gate as they stand there, those of another form among them."""
    found = side.yaml("params.yaml").get("gate")
    return found if isinstance(found, list) else [found] if found else []


def _rules(before: Side, after: Side) -> list[tuple[str, str, str]]:
    old, new = (rules(side) for side in (before, after))
    return [("gate", _value(rule), "none") for rule in old if rule not in new] + [
        ("gate", "none", _value(rule)) for rule in new if rule not in old
    ]


def _value(value: object) -> str:
    return "none" if value is None else cell(json.dumps(value, ensure_ascii=False))
