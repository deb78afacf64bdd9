"""Networks trained from different seeds, side by side."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from reprise.datasets.store import Store
from reprise.evaluation.similarity import mean_by_layer, similarity
from reprise.networks.classifier import Network

_BATCH = 256


def compare_seeds(networks: Mapping[int, Network], store: Store) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return how alike the layers of each pair of networks are on the test set, and the means by layer.

    The metrics also hold the mean and the deviation of their accuracies. One network alone, or one without layers,
    gives a table without rows and no metrics.
    """
    test, (first, *_) = store.subset("test"), networks.values()
    if len(networks) < 2:
        return pd.DataFrame(columns=["measure", "seeds", "first", "second", "similarity"]), {}
    right = [(network.probabilities(test.items).argmax(axis=1) == test.labels).mean() for network in networks.values()]
    activations = {seed: network.representations for seed, network in networks.items()}
    table = similarity(activations, test.items, first.layers, _BATCH)
    accuracies = {"seeds_accuracy_mean": float(np.mean(right)), "seeds_accuracy_std": float(np.std(right, ddof=1))}
    return table, accuracies | mean_by_layer(table)
