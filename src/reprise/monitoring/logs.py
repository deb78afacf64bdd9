"""Drift out of the prediction log."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from reprise.bundle import Bundle
from reprise.errors import InputError
from reprise.monitoring.drift import Reference

# Lines that become one array; a log may be larger than the memory.
_CHUNK = 10_000
_EXPECTED = "a line of the prediction log"


@dataclass(frozen=True)
class FeatureDrift:
    """One feature of the recent inputs: its score, None where there are too few inputs, its mean and share missing."""

    name: str
    score: float | None
    mean: float
    missing: float


@dataclass(frozen=True)
class LogDrift:
    """What the prediction log says of a model.

    `predictions` are its own, `labels` how many of them fell to each class; `others` are the predictions of other
    models and `cut` the last lines that a killed process left unfinished, both left out.
    """

    predictions: int
    others: int
    cut: int
    labels: dict[str, int]
    features: tuple[FeatureDrift, ...]


class _Line(BaseModel):
    """What is needed of a line; it holds more."""

    model_config = ConfigDict(extra="ignore")

    model: str
    label: str
    features: dict[str, float | None]


class _Tally:
    """The sums over all lines of the model."""

    def __init__(self, bundle: Bundle) -> None:
        width = len(bundle.features)
        self.reference = Reference(bundle.reference)
        self.counts = np.zeros((width, self.reference.bins), np.int64)
        self.sums = np.zeros(width)
        self.labels: Counter[str] = Counter(dict.fromkeys(bundle.classes, 0))

    def add(self, rows: list[list[float | None]]) -> None:
        items: NDArray[np.float32] = np.array(rows, np.float32).reshape(len(rows), len(self.sums))
        self.counts += self.reference.count(items)
        self.sums += np.nansum(items, axis=0, dtype=np.float64)

    def features(self) -> tuple[FeatureDrift, ...]:
        total = self.counts.sum(axis=1)
        there = total - self.counts[:, -1]
        with np.errstate(invalid="ignore"):
            means, missing = self.sums / there, self.counts[:, -1] / total
        scores = self.reference.score(self.counts)
        return tuple(
            FeatureDrift(name, None if scores is None else float(scores[place]), float(mean), float(share))
            for place, (name, mean, share) in enumerate(zip(self.reference.names, means, missing, strict=True))
        )


def drift_of_log(paths: Sequence[Path], bundle: Bundle) -> LogDrift:
    """Compare the predictions in files of the prediction log with the reference of the model that a bundle serves.

    Lines of other models are counted and left out, and so is a last line that was not finished. Raises `InputError`
    where a file is missing or any other line is not one of the prediction log.
    """
    tally, others, cut = _Tally(bundle), 0, 0
    rows: list[list[float | None]] = []
    for place, line in _lines(paths):
        if line is None:
            cut += 1
        elif line.model != bundle.served.sha256:
            others += 1
        else:
            rows.append(_row(line, bundle, place))
            tally.labels[line.label] += 1
        if len(rows) == _CHUNK:
            tally.add(rows)
            rows = []
    tally.add(rows)
    return LogDrift(tally.labels.total(), others, cut, dict(tally.labels), tally.features())


def _lines(paths: Sequence[Path]) -> Iterator[tuple[str, _Line | None]]:
    """Yield each line and where it stands; None for one that was not finished."""
    for path in paths:
        if not path.is_file():
            raise InputError(str(path), "no such file", "a file of the prediction log")
        with path.open("rb") as file:
            for number, content in enumerate(file, 1):
                yield f"{path}:{number}", _line(f"{path}:{number}", content)


def _line(place: str, content: bytes) -> _Line | None:
    try:
        return _Line.model_validate_json(content)
    except ValidationError as error:
        if not content.endswith(b"\n"):
            return None
        first = error.errors(include_input=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise InputError(place, f"{key or 'JSON'}: {first['msg']}", _EXPECTED) from None


def _row(line: _Line, bundle: Bundle, place: str) -> list[float | None]:
    if line.label not in bundle.classes:
        raise InputError(place, f"label {line.label!r}", f"one of {', '.join(bundle.classes)}")
    try:
        return [line.features[name] for name in bundle.features]
    except KeyError as error:
        raise InputError(place, f"no feature {error}", f"{', '.join(bundle.features)}") from None
