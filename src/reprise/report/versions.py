"""Which stages ran anew, why, and the hashes of what they wrote."""

from collections.abc import Iterator, Mapping
from typing import Any

from reprise.report.markdown import cell, table
from reprise.report.side import Side

# So many digits of a hash tell two apart on one page.
DIGITS = 12
_LOCK = "dvc.lock"


def section(before: Side, after: Side) -> str:
    """Return for each stage what changed among its inputs, and the hashes of its outputs in DVC's cache."""
    stages = [_stages(side) for side in (before, after)]
    names = list(dict.fromkeys([*stages[1], *stages[0]]))
    if not names:
        return ""
    rows = [row for name in names for row in _rows(name, *(one.get(name, {}) for one in stages))]
    header = ("stage", "what it reads that changed", "output", "before", "now")
    return "### Data and model\n\n" + table(header, rows)


def _rows(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    reasons = ", ".join(_changed(before, after)) or "nothing"
    if not before or not after:
        reasons = "no such stage " + ("before" if not before else "now")
    old, new = _hashes(before, "outs"), _hashes(after, "outs")
    # Reports are in git, whose own diff shows them.
    for path in [path for path in dict.fromkeys([*new, *old]) if not path.startswith("reports/")] or [""]:
        hashes = (_short(old.get(path)), _short(new.get(path), old.get(path))) if path else ("", "")
        yield cell(name), reasons, cell(path), *hashes
        name, reasons = "", ""


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = _hashes(before, "deps"), _hashes(after, "deps")
    for path in dict.fromkeys([*new, *old]):
        if old.get(path) != new.get(path):
            yield cell(path)
    was, now = (_flat(side.get("params", {}).get("params.yaml", {})) for side in (before, after))
    for key in dict.fromkeys([*now, *was]):
        if was.get(key) != now.get(key):
            yield cell(key)
    if before.get("cmd") != after.get("cmd"):
        yield "its command"


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in settings.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found


def _stages(side: Side) -> dict[str, Any]:
    stages = side.yaml(_LOCK).get("stages")
    return stages if isinstance(stages, dict) else {}


def _hashes(stage: Mapping[str, Any], kind: str) -> dict[str, str]:
    return {entry["path"]: entry.get("md5", "") for entry in stage.get(kind, [])}


def _short(digest: str | None, other: str | None = "") -> str:
    if digest is None:
        return "none"
    return "the same" if digest == other else f"`{digest[:DIGITS]}`"
