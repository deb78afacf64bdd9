"""Training curves before and after."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reprise.blocks import Train
from reprise.report import mermaid
from reprise.report.markdown import cell, number, table
from reprise.report.side import Side
from reprise.report.sources import columns, floats, settings

_LOG = "reports/train"
# Title, column, file, whether it is a share.
_PLOTS = (
    ("Validation loss", "loss", f"{_LOG}/plots/metrics/val/loss.tsv", False),
    ("Validation accuracy", "accuracy", f"{_LOG}/plots/metrics/val/accuracy.tsv", True),
    ("Training loss", "loss", f"{_LOG}/plots/metrics/train/loss.tsv", False),
)
_COLOURS = {"before": mermaid.BEFORE, "now": mermaid.AFTER}
_SUMMARY = (
    ("validation loss there", ("val", "loss")),
    ("validation accuracy there", ("val", "accuracy")),
    ("training loss there", ("train", "loss")),
)


@dataclass(frozen=True)
class _Curve:
    """The finite values of a curve by epoch, and how many epochs there were beside."""

    who: str
    epochs: Sequence[int]
    values: Sequence[float]
    lost: int

    def at(self, places: Sequence[float]) -> list[float]:
        return [float(value) for value in np.interp(places, self.epochs, self.values)]


def section(before: Side, after: Side) -> str:
    """Return the losses and the accuracy by epoch, and the epoch that was kept; of several seeds, those of the first.

    Between two epochs a line is straight, and that of a run which ended sooner goes on level to the end of the other
    one, which its legend says: Mermaid cannot end a line. What was before is not shown alone.
    """
    sides = {"before": before, "now": after}
    logs = [side.json(f"{_LOG}/metrics.json") for side in sides.values()]
    plots = [[_curve(side, who, column, path) for who, side in sides.items()] for _, column, path, _ in _PLOTS]
    if not any(logs) and not any(curve.epochs for plot in plots for curve in plot):
        return ""
    parts = ["### Training curves\n", _summary(sides, logs, plots[0])]
    if all(_same(plot) for plot in plots):
        parts.append("Every epoch came out as before.\n")
    else:
        for (title, column, _, share), curves in zip(_PLOTS, plots, strict=True):
            parts.append(_plot(title, column, share, curves))
        parts += _remarks(plots)
    seeds = settings(after, "train").get("seeds")
    if isinstance(seeds, list) and len(seeds) > 1:
        parts.append(f"These are of the first of {len(seeds)} seeds.\n")
    return "\n".join(filter(None, parts))


def _same(plot: Sequence[_Curve]) -> bool:
    return len(plot) == 2 and bool(plot[0].epochs) and replace(plot[0], who="now") == plot[1]


def _curve(side: Side, who: str, column: str, path: str) -> _Curve:
    rows = columns(side, path, "step", column)
    found = zip(floats(side, path, rows, "step"), floats(side, path, rows, column, finite=False), strict=True)
    kept = sorted((int(step), value) for step, value in found if math.isfinite(value))
    return _Curve(who, [step for step, _ in kept], [value for _, value in kept], len(rows) - len(kept))


def _summary(sides: Mapping[str, Side], logs: Sequence[Mapping[str, Any]], curves: Sequence[_Curve]) -> str:
    rows = [("epochs", *(_epochs(side, curve) for side, curve in zip(sides.values(), curves, strict=True)))]
    rows.append(("kept epoch", *(cell(str(log.get("best_epoch", "none"))) for log in logs)))
    for name, (split, metric) in _SUMMARY:
        rows.append((name, *(_figure(log, split, metric) for log in logs)))
    return table(("", *sides), rows, numbers=(1, 2))


def _epochs(side: Side, curve: _Curve) -> str:
    ran = len(curve.epochs) + curve.lost
    if not ran:
        return "none"
    asked = settings(side, "train").get("epochs", Train.model_fields["epochs"].default)
    if ran == 1 and settings(side, "model").get("network") == "knn":
        return "1: nothing to train"
    return f"{ran} of {asked}: stopped early" if isinstance(asked, int) and ran < asked else str(ran)


def _figure(log: Mapping[str, Any], split: str, metric: str) -> str:
    block = log.get(split)
    value = block.get(metric) if isinstance(block, dict) else None
    return number(value) if isinstance(value, int | float) else "none"


def _plot(title: str, column: str, share: bool, curves: Sequence[_Curve]) -> str:
    """Return the chart of the curves that have two points at least, nothing where that of now has not."""
    drawn = [curve for curve in curves if len(curve.epochs) > 1]
    if curves[-1] not in drawn:
        return ""
    first, last = min(curve.epochs[0] for curve in drawn), max(curve.epochs[-1] for curve in drawn)
    places = mermaid.grid(first, last)
    lines = [mermaid.Line(_legend(curve, last), _COLOURS[curve.who], curve.at(places)) for curve in drawn]
    low, high = mermaid.bounds([value for line in lines for value in line.values], 0, 1 if share else math.inf)
    x, y = mermaid.Axis("epoch", first, last, whole=True), mermaid.Axis(column, low, high)
    return mermaid.chart(title, x, y, lines)


def _legend(curve: _Curve, last: int) -> str:
    end = curve.epochs[-1]
    return curve.who if end == last else f"{curve.who} (ended after epoch {end}; level from there on)"


def _remarks(plots: Sequence[Sequence[_Curve]]) -> Iterator[str]:
    """Say what the charts cannot show."""
    for curve in plots[0]:
        if len(curve.epochs) < 2:
            yield f"There is {'one epoch' if curve.epochs else 'no curve'} {curve.who}, and no line.\n"
    if len(plots[0][-1].epochs) > 1 and max(len(curve.epochs) for curve in plots[0]) > mermaid.POINTS:
        yield f"Lines are drawn through {mermaid.POINTS} points at most.\n"
    for plot, (title, *_) in zip(plots, _PLOTS, strict=True):
        for curve in plot:
            if curve.lost:
                yield f"{title} {curve.who}: no finite number in {curve.lost} epochs, which are left out.\n"
