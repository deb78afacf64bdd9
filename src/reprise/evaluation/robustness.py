"""Accuracy under stronger and stronger corruption."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reprise.datasets.store import Subset
from reprise.evaluation.corruptions import Corruption, corruptions
from reprise.networks.classifier import Network

# Test items that are corrupted: more of them make the curves smoother and cost as much again.
MOST = 1000
_BATCH = 64

Decide = Callable[[NDArray[np.float32]], NDArray[np.int64]]


def robustness(network: Network, decide: Decide, modality: str, test: Subset, train: Subset, seed: int) -> pd.DataFrame:
    """Corrupt test items in the five strengths of each corruption: columns corruption, level, strength, accuracy.

    Level 0 is the items as they are and 5 the strongest; strength is in the corruption's own unit. Of more than
    1,000 test items, 1,000 that lie evenly among them are taken. `decide` makes class numbers of probabilities.
    """
    places = np.unique(np.linspace(0, len(test) - 1, min(len(test), MOST)).round().astype(np.int64))
    known = of_tables(train) if modality == "tabular" else corruptions(modality)
    clean = decide(network.probabilities(test.items[places])) == test.labels[places]
    rows: list[tuple[str, int, float | None, float]] = []
    for name, corruption in known.items():
        rows.append((name, 0, None, float(clean.mean())))
        for level, strength in enumerate(corruption.strengths, start=1):
            draw, right = np.random.default_rng(seed), 0
            for start in range(0, len(places), _BATCH):
                batch = places[start : start + _BATCH]
                items = corruption.apply(test.items[batch], strength, draw)
                right += int((decide(network.probabilities(items)) == test.labels[batch]).sum())
            rows.append((name, level, strength, right / len(places)))
    return pd.DataFrame(rows, columns=["corruption", "level", "strength", "accuracy"])


def of_tables(train: Subset) -> Mapping[str, Corruption]:
    """Return the corruptions of a table.

    `noise` adds Gaussian noise, its strength in standard deviations of each feature over the training rows;
    `missing` blanks that share of the values.
    """
    there = np.ma.masked_invalid(np.asarray(train.items, np.float64))
    deviation = there.std(axis=0).filled(0).astype(np.float32)

    def noise(items: NDArray[np.float32], strength: float, draw: np.random.Generator) -> NDArray[np.float32]:
        noisy: NDArray[np.float32] = items + draw.standard_normal(items.shape, dtype=np.float32) * deviation * strength
        return noisy.astype(np.float32)

    def missing(items: NDArray[np.float32], strength: float, draw: np.random.Generator) -> NDArray[np.float32]:
        return np.where(draw.random(items.shape) < strength, np.float32(np.nan), items)

    return {
        "noise": Corruption(noise, (0.25, 0.5, 1.0, 1.5, 2.0)),
        "missing": Corruption(missing, (0.1, 0.2, 0.3, 0.4, 0.5)),
    }
