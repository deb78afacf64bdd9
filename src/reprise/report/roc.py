"""The ROC curve before and after, and the area under it by class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reprise.report import mermaid
from reprise.report.markdown import cell, change, number, table
from reprise.report.side import Side
from reprise.report.sources import columns, floats, settings

_PATH = "reports/evaluate/roc.csv"
# False positive rates in per cent: whole numbers add up exactly.
_GRID = range(0, 101, 5)
_MOST = 12

# FPR and TPR by class.
_Curves = Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


@dataclass(frozen=True)
class _Roc:
    """The curves of one side, and which of two classes is the positive one."""

    curves: _Curves
    positive: str | None

    @property
    def areas(self) -> dict[str, float]:
        """The area under each curve, by trapezoids."""
        areas = {name: float(np.trapezoid(tpr, fpr)) for name, (fpr, tpr) in self.curves.items()}
        return areas if self.positive is None else {self.positive: areas[self.positive]}

    @property
    def what(self) -> str:
        """What the line is of, in words."""
        return "macro average" if self.positive is None else self.positive

    def line(self) -> list[float]:
        """Return the TPR in per cent that is reached by each FPR of the grid.

        Of more than two classes the mean over the classes, each against the rest: the macro average of scikit-learn,
        TPR(f) = (1 / C) Σ TPR_c(f).
        """
        names = list(self.curves) if self.positive is None else [self.positive]
        return [100 * float(np.mean([_reached(*self.curves[name], rate / 100) for name in names])) for rate in _GRID]


def section(before: Side, after: Side) -> str:
    """Return the ROC curves of both sides in one chart, and the areas under those of each class as a table."""
    sides = [_read(side) for side in (before, after)]
    if not any(sides):
        return ""
    parts = ["### ROC\n"]
    parts += [f"There is no ROC curve {who}.\n" for who, side in zip(("before", "now"), sides, strict=True) if not side]
    old, new = sides
    if old and new and not old.curves.keys() & new.curves.keys():
        parts.append("No class of now was there before.\n")
        old = None
    return "\n".join((*parts, _chart(old, new), _areas(old, new)))


def _chart(old: _Roc | None, new: _Roc | None) -> str:
    found = [("before", mermaid.BEFORE, old), ("now", mermaid.AFTER, new)]
    lines = [mermaid.Line(f"{who}: {cell(side.what)}", colour, side.line()) for who, colour, side in found if side]
    if len(lines) == 2 and lines[0].values == lines[1].values:
        lines = [replace(lines[1], name=f"before and {lines[1].name}")]
    guide = mermaid.Line("by chance", mermaid.GUIDE, list(_GRID))
    what = " and ".join(dict.fromkeys(side.what for side in (old, new) if side))
    x, y = mermaid.Axis("false positive rate, %", 0, 100), mermaid.Axis("true positive rate, %", 0, 100)
    return mermaid.chart(f"ROC: {what}", x, y, [guide, *lines])


def _read(side: Side) -> _Roc | None:
    rows = columns(side, _PATH, "class", "fpr", "tpr")
    if not rows:
        return None
    names = np.array([row["class"] for row in rows])
    fpr, tpr = (np.array(floats(side, _PATH, rows, name)) for name in ("fpr", "tpr"))
    curves = {str(name): (fpr[names == name], tpr[names == name]) for name in dict.fromkeys(names)}
    if len(curves) != 2:
        return _Roc(curves, None)
    # As in evaluation: of two classes the second, unless the settings name one.
    chosen = settings(side, "evaluate").get("positive")
    return _Roc(curves, chosen if chosen in curves else list(curves)[1])


def _reached(fpr: NDArray[np.float64], tpr: NDArray[np.float64], rate: float) -> float:
    """Return the TPR at an FPR: of a vertical piece its upper end, between two points a straight line."""
    return float(np.interp(rate, fpr, tpr))


def _areas(before: _Roc | None, after: _Roc | None) -> str:
    old, new = (side.areas if side else {} for side in (before, after))
    rows = [_row(cell(name), old.get(name), new.get(name)) for name in _ordered(old, new)]
    hidden, rows = len(rows) - _MOST, rows[:_MOST]
    if len(old) != 1 and len(new) != 1:
        means = [float(np.mean(list(areas.values()))) if areas else None for areas in (old, new)]
        rows = [_row("mean over the classes", *means), *rows]
    shown = table(("area under the curve", "before", "now", "change"), rows, numbers=(1, 2, 3))
    return shown + (f"\nThe {_MOST} classes that changed most; {hidden} more changed less.\n" if hidden > 0 else "")


def _ordered(old: Mapping[str, float], new: Mapping[str, float]) -> Sequence[str]:
    """Return the classes in their order, or where they are too many to show, the one that changed most first."""
    names = list(dict.fromkeys([*new, *old]))
    if len(names) <= _MOST:
        return names
    return sorted(names, key=lambda name: (-abs(new.get(name, 0) - old.get(name, 0)), name))


def _row(name: str, before: float | None, after: float | None) -> tuple[str, ...]:
    return (
        name,
        "none" if before is None else number(before),
        "none" if after is None else number(after),
        "" if before is None or after is None else change(after - before),
    )
