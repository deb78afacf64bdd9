"""Metrics before and after, and which of them are better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reprise.params import Rule
from reprise.report.dvc import dvc
from reprise.report.markdown import cell, change, details, number, table
from reprise.report.side import Side, revisions

EVALUATE = "reports/evaluate/metrics.json"

Better = Literal["higher", "lower"]
# What the last part of a metric's name says of it. A metric with none of these words is neither better nor worse.
_HIGHER = {"accuracy", "auc", "f1", "precision", "recall"}
_LOWER = {"error", "loss"}
_NEITHER = {"std", "threshold"}


@dataclass(frozen=True)
class Change:
    """A metric on both sides, None where a side has no such metric."""

    name: str
    before: float | None
    after: float | None
    better: Better | None

    @property
    def difference(self) -> float | None:
        """What was gained, None where there is nothing to compare."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def mark(self) -> str:
        """A sign for better, worse or neither."""
        difference = self.difference
        if not difference or self.better is None:
            return ""
        return "🟢 better" if (difference > 0) == (self.better == "higher") else "🔴 worse"


def direction(name: str, rules: Sequence[Rule]) -> Better | None:
    """Return which way a metric is better: what the gate says, else what its name says, else None."""
    for rule in rules:
        if rule.metric == name:
            return rule.better
    words = set(name.rpartition(".")[2].split("_"))
    if words & _NEITHER:
        return None
    if words & _LOWER:
        return "lower"
    return "higher" if words & _HIGHER else None


def changes(before: Side, after: Side, rules: Sequence[Rule]) -> dict[str, list[Change]]:
    """Return for each metrics file that dvc.yaml names all of its metrics, by name.

    Raises `CommandError` where DVC cannot say, `ArtifactError` where those of the test set cannot be read.
    """
    for side in (before, after):
        side.json(EVALUATE)  # DVC takes a file that it cannot read for one that is not there
    found = dvc("metrics", "diff", "--all", *revisions(before, after))
    return {
        file: [
            Change(name, _number(values.get("old")), _number(values.get("new")), direction(name, rules))
            for name, values in sorted(metrics.items(), key=_order)
        ]
        for file, metrics in sorted(found.items())
    }


def section(found: Mapping[str, Sequence[Change]], comparable: bool) -> str:
    """Return the metrics of the test set, and those of the other stages where they changed.

    Without `comparable`, since the sides are of two tasks, no metric is called better or worse.
    """
    parts = ["### Metrics\n"]
    rows = found.get(EVALUATE, [])
    if not rows:
        parts.append(f"Neither side has {EVALUATE}: evaluate has not run.\n")
    else:
        parts.append(_table(rows, comparable))
    for file, others in found.items():
        moved = [one for one in others if one.before != one.after]
        if file != EVALUATE and moved:
            name = file.removeprefix("reports/").removesuffix("/metrics.json")
            parts.append(details(f"{cell(name)}: {len(moved)} of {len(others)} changed", _table(moved, False)))
    return "\n".join(parts)


def _table(rows: Sequence[Change], judged: bool) -> str:
    header = ("metric", "before", "now", "change", "") if judged else ("metric", "before", "now", "change")
    return table(header, [_row(one)[: len(header)] for one in rows], numbers=(1, 2, 3))


def _row(one: Change) -> tuple[str, ...]:
    difference = one.difference
    mark = one.mark
    if one.before is None:
        mark = "new: not there before"
    elif one.after is None:
        mark = "gone: not there now"
    return (
        cell(one.name),
        "none" if one.before is None else number(one.before),
        "none" if one.after is None else number(one.after),
        "" if difference is None else change(difference),
        mark,
    )


def _order(item: tuple[str, object]) -> tuple[int, str]:
    """Put accuracy first and the spread of folds last."""
    words = item[0].split("_")
    return (item[0] != "accuracy", "cv" in words, item[0])  # type: ignore[return-value]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
