"""Accuracy under stronger and stronger corruption."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reprise.datasets.store import Subset
from reprise.networks.classifier import Network

Corruption = Callable[[NDArray[np.float32], float, np.random.Generator], NDArray[np.float32]]


def robustness(network: Network, test: Subset, train: Subset, seed: int) -> pd.DataFrame:
    """Corrupt the test rows of a table in five strengths: columns corruption, strength, accuracy.

    `noise` adds Gaussian noise, its strength in standard deviations of each feature over the training rows;
    `missing` blanks that share of the values. Strength 0 is the test set as it is.
    """
    there = np.ma.masked_invalid(train.items.astype(np.float64))
    deviation = there.std(axis=0).filled(0).astype(np.float32)

    def noise(items: NDArray[np.float32], strength: float, draw: np.random.Generator) -> NDArray[np.float32]:
        noisy: NDArray[np.float32] = items + draw.standard_normal(items.shape, dtype=np.float32) * deviation * strength
        return noisy.astype(np.float32)

    def missing(items: NDArray[np.float32], strength: float, draw: np.random.Generator) -> NDArray[np.float32]:
        return np.where(draw.random(items.shape) < strength, np.float32(np.nan), items)

    corruptions: dict[str, tuple[Corruption, tuple[float, ...]]] = {
        "noise": (noise, (0.25, 0.5, 1.0, 1.5, 2.0)),
        "missing": (missing, (0.1, 0.2, 0.3, 0.4, 0.5)),
    }
    rows = []
    for name, (corrupt, strengths) in corruptions.items():
        for strength in (0.0, *strengths):
            items = corrupt(test.items, strength, np.random.default_rng(seed)) if strength else test.items
            right = network.probabilities(items).argmax(axis=1) == test.labels
            rows.append((name, strength, float(right.mean())))
    return pd.DataFrame(rows, columns=["corruption", "strength", "accuracy"])
