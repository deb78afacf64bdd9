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
    # Bins of equal share, so that each has enough to compare with; equal edges fall together.
    edges = np.unique(np.quantile(there, np.linspace(0, 1, _BINS + 1)))
    if len(edges) == 1:
        edges = np.array([edges[0], edges[0] + 1])
    return FeatureReference(
        name=name,
        missing=significant(float(np.isnan(values).mean())),
        mean=significant(float(there.mean())),
        deviation=significant(float(there.std())),
        least=significant(float(there.min())),
        most=significant(float(there.max())),
        edges=tuple(significant(float(edge)) for edge in edges),
        counts=tuple(int(count) for count in np.histogram(there, edges)[0]),
    )
