"""How far recent inputs have drifted from the training inputs, feature by feature."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reprise.bundle import FeatureReference

# Chance alone moves the score of fewer inputs by more than the drift that one looks for.
ENOUGH = 100


class Reference:
    """The reference of a bundle, ready to be compared with.

    Each feature has as many bins as the one that has the most, some of them unused, and a last one for missing values.
    A value beyond the edges belongs to the outer bin. Where the reference has one bin, as that of a constant feature
    has, it gets a bin on each side: a single one would hide every change.
    """

    def __init__(self, features: Sequence[FeatureReference]) -> None:
        self.names = tuple(feature.name for feature in features)
        cuts = [_cuts(feature) for feature in features]
        self.bins = max(map(len, cuts), default=0) + 2
        # NaN, which sorts behind every number, parts the missing values from the others.
        self._cuts = np.full((len(cuts), self.bins - 1), np.nan, np.float32)
        self._shares = np.zeros((len(cuts), self.bins))
        for place, (feature, inner) in enumerate(zip(features, cuts, strict=True)):
            self._cuts[place, : len(inner)] = inner
            counts = (0, *feature.counts, 0) if len(feature.counts) == 1 else feature.counts
            self._shares[place, : len(counts)] = np.array(counts) / sum(counts) * (1 - feature.missing)
            self._shares[place, -1] = feature.missing
        # A feature that was always missing has one count that stands for nothing; the others know the rows.
        self._rows = max((sum(one.counts) / (1 - one.missing) for one in features if one.missing < 1), default=1.0)

    def count(self, items: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return how many of [N, features] fall into each bin, [features, bins]; NaN is a missing value."""
        # One sort and a search for the few edges is several times faster than a search for each value.
        columns = np.sort(items.T, axis=1)
        below = [np.searchsorted(column, cuts) for column, cuts in zip(columns, self._cuts, strict=True)]
        counts: NDArray[np.int64] = np.diff(
            np.array(below, np.int64).reshape(self._cuts.shape), prepend=0, append=len(items)
        )
        return counts

    def score(self, counts: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """Return the drift of each feature, [features], for counts [features, bins]; None below `ENOUGH` inputs.

        It is the population stability index, the sum over the bins of (p - q) ln(p / q) for the recent shares p and
        those of the reference q (Siddiqi, Credit Risk Scorecards, 2006), less what samples of n and m items without
        any drift have on average: (bins - 1)(1 / n + 1 / m), counting bins that are not empty in both (Yurdakul and
        Naranjo, Statistical properties of the population stability index, Journal of Risk Model Validation 14 (4),
        2020). So its customary bounds, 0.1 for a moderate and 0.25 for a large drift, hold for a reference of a
        hundred rows too. 0 is the least. Half an item of the smaller sample is added to every share, so that an empty
        bin says no more than its sample can.
        """
        recent = counts.sum(axis=1, keepdims=True)
        if not len(recent) or recent.min() < ENOUGH:
            return None
        used = ((counts > 0) | (self._shares > 0)).sum(axis=1)
        chance = (used - 1) * (1 / recent[:, 0] + 1 / self._rows)
        half = 0.5 / np.minimum(recent, self._rows)
        p, q = counts / recent + half, self._shares + half
        index = ((p - q) * np.log(p / q)).sum(axis=1)
        scores: NDArray[np.float64] = np.maximum(index - chance, 0)
        return scores


def _cuts(feature: FeatureReference) -> NDArray[np.float32]:
    """Return the edges between the bins; each belongs to the bin above it, as in `numpy.histogram`."""
    if len(feature.counts) == 1:
        most = np.float32(feature.max)
        return np.array([feature.min, np.nextafter(most, np.float32(np.inf))], np.float32)
    return np.array(feature.edges[1:-1], np.float32)
