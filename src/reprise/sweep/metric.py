"""What a sweep makes less or more of."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from reprise.errors import InputError
from reprise.report.side import Side

Direction = Literal["minimize", "maximize"]

_TRAIN = "reports/train/metrics.json"


@dataclass(frozen=True)
class Metric:
    """A number in a file of metrics, by a dotted key, and whether less or more of it is better."""

    file: str
    key: str
    direction: Direction

    @property
    def told(self) -> str:
        """The metric as people write it."""
        return self.key if self.file == _TRAIN else f"{self.file}:{self.key}"

    @property
    def curve(self) -> Path | None:
        """Where DVCLive writes the metric of each epoch, None where it does not."""
        if self.file != _TRAIN or not self.key.startswith(("train.", "val.")):
            return None
        return Path("reports/train/plots/metrics", *self.key.split(".")).with_suffix(".tsv")

    def of(self, side: Side) -> float:
        """Return the metric on one side; raise `InputError` where it has none or it is no number."""
        value: Any = side.json(self.file)
        if not value:
            raise InputError(f"{self.file} ({side.name})", "no such file", "a file of metrics that a stage writes")
        for name in self.key.split("."):
            if not isinstance(value, dict) or name not in value:
                known = ", ".join(value) if isinstance(value, dict) else "nothing below"
                raise InputError(f"{self.file} ({side.name})", f"no {self.key}", f"one of {known}")
            value = value[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(f"{self.file} ({side.name})", f"{self.key}: {value!r}", "a number")
        return float(value)


def read_metric(text: str, direction: Direction | None) -> Metric:
    """Read `KEY` of training's metrics or `FILE:KEY`.

    Without a direction there is less of what ends in `loss`, and more of what ends in `accuracy`. Raises
    `InputError` where neither says which, or what there is of training's metrics has no such key.
    """
    file, colon, key = text.rpartition(":")
    file = file if colon else _TRAIN
    if direction is None:
        if key.endswith("loss"):
            direction = "minimize"
        elif key.endswith("accuracy"):
            direction = "maximize"
        else:
            raise InputError("--direction", "not given", f"minimize or maximize, whichever is better for {key}")
    metric = Metric(file, key, direction)
    here = Side("here", None)
    if file == _TRAIN and here.json(file):
        metric.of(here)
    return metric
