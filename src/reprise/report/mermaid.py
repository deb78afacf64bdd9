"""Line charts in Mermaid, which GitHub draws itself.

An `xychart-beta` knows no gaps: it spreads the points of each line evenly over the whole axis, so every line must have
a value at every place of `grid`. It takes numbers without an exponent, and none that are not finite.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Readable on white and on GitHub's dark grey (a contrast of 3 at least with both), and apart for the colour-blind.
BEFORE, AFTER, GUIDE = "#2f81f7", "#db6d28", "#848d97"
# The same colours in words, for a Mermaid that has no legends.
SQUARES = {BEFORE: "🟦", AFTER: "🟧", GUIDE: "grey:"}
# As many points as a line of this width needs.
POINTS = 40
_LOOK = "{width: 720, height: 280, xAxis: {labelFontSize: 12}, yAxis: {labelFontSize: 11}}"
# With more whole numbers than these Mermaid chooses which to write; with fewer it would add fractions.
_NAMED = 15
# Beyond letters and digits, what Mermaid takes as it is between quotation marks.
_PLAIN = " .,:()+-_/=…→"
_LONGEST = 60


@dataclass(frozen=True)
class Line:
    """A line of a chart: what the legend calls it, its colour, and a finite value for each place on the x axis."""

    name: str
    colour: str
    values: Sequence[float]


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high`, which is more; of `whole` numbers, no fraction of one is written."""

    title: str
    low: float
    high: float
    whole: bool = False

    def __str__(self) -> str:
        if self.whole and self.high - self.low < _NAMED:
            ends = f"[{', '.join(str(place) for place in range(int(self.low), int(self.high) + 1))}]"
        else:
            ends = f"{numeral(self.low)} --> {numeral(self.high)}"
        return f'"{label(self.title)}" {ends}'


def chart(title: str, x: Axis, y: Axis, lines: Sequence[Line]) -> str:
    """Return a chart of lines, which all have the same number of points, and its legend, as Markdown.

    The line that comes last is drawn over the others.
    """
    assert len({len(line.values) for line in lines}) == 1
    palette = ", ".join(line.colour for line in lines)
    return "\n".join(
        (
            "```mermaid",
            "---",
            "config:",
            f"  xyChart: {_LOOK}",
            f'  themeVariables: {{xyChart: {{backgroundColor: transparent, plotColorPalette: "{palette}"}}}}',
            "---",
            "xychart-beta",
            f'  title "{label(title)}"',
            f"  x-axis {x}",
            f"  y-axis {y}",
            *(f"  line [{', '.join(map(numeral, line.values))}]" for line in lines),
            "```",
            "",
            " ".join(f"{SQUARES[line.colour]} {line.name}" for line in lines) + "\n",
        )
    )


def label(text: str) -> str:
    """Return `text`, whatever it is, so that Mermaid shows it between quotation marks as it is.

    Mermaid's own entities stand for all that it, HTML or Markdown might read: `#34;` is a quotation mark.
    """
    text = "".join(mark for mark in " ".join(text.split()) if mark.isprintable())
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    # Nothing between quotation marks is an error.
    return "".join(mark if mark.isalnum() or mark in _PLAIN else f"#{ord(mark)};" for mark in text) or "…"


def numeral(value: float) -> str:
    """Return a finite number with four significant digits, and without an exponent."""
    assert math.isfinite(value)
    return np.format_float_positional(float(f"{value:.4g}"), trim="-")


def grid(first: int, last: int) -> list[float]:
    """Return the places, `POINTS` at most, where Mermaid draws as many points on an axis from `first` to `last`.

    These are all whole numbers where they are few enough. Older Mermaids add up the steps, and lose the last point
    where the sum of rounded ones goes beyond the axis: a number of points is taken for which it does not.
    """
    for points in range(min(POINTS, last - first + 1), 2, -1):
        step = (last - first) / (points - 1)
        places = [float(first)]
        while places[-1] + step <= last:
            places.append(places[-1] + step)
        if len(places) == points:
            return places
    return [float(first), float(last)]


def bounds(values: Sequence[float], least: float = -math.inf, most: float = math.inf) -> tuple[float, float]:
    """Return an axis's ends for finite values, with some room beyond them, though not beyond `least` and `most`."""
    low, high = min(values), max(values)
    room = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    return max(least, low - room), min(most, high + room)
