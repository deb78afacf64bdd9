"""The statistics of the training inputs, that drift is measured against."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reprise.bundle import FeatureReference
from reprise.files import significant

_BINS = 10


def reference(items: NDArray[np.float32], features: Sequence[str]) -> tuple[FeatureReference, ...]:
    """Describe each column of [N, features]; NaN is a missing value."""
    return tuple(_describe(items[:, place].astype(np.float64), name) for place, name in enumerate(features))


def _describe(values: NDArray[np.float64], name: str) -> FeatureReference:
    there = values[~np.isnan(values)]
    if not len(there):
        there = np.zeros(1)
    edges = _edges(there)
    return FeatureReference(
        name=name,
        missing=significant(float(np.isnan(values).mean())),
        mean=significant(float(there.mean())),
        std=significant(float(there.std())),
        min=_shortest(there.min()),
        max=_shortest(there.max()),
        edges=tuple(_shortest(edge) for edge in edges),
        counts=tuple(int(count) for count in np.histogram(there, edges)[0]),
    )


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the edges of bins of equal share, so that each has enough to compare with; few values have a bin each."""
    distinct = np.unique(values)
    if len(distinct) == 1:
        return np.array([distinct[0], distinct[0] + 1])
    if len(distinct) <= _BINS:
        return np.concatenate([distinct[:1], (distinct[1:] + distinct[:-1]) / 2, distinct[-1:]])
    return np.unique(np.quantile(values, np.linspace(0, 1, _BINS + 1)))


def _shortest(value: np.float64) -> float:
    """Return the shortest decimal that float32 reads back as the same number."""
    return float(str(np.float32(value)))
