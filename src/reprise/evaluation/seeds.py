"""Networks trained from different seeds, side by side."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from reprise.blocks import Evaluate
from reprise.datasets.store import Store
from reprise.evaluation.operating import operating
from reprise.evaluation.similarity import mean_by_layer, similarity
from reprise.networks.classifier import Network

_BATCH = 256
_NONE = pd.DataFrame(columns=["measure", "seeds", "first", "second", "similarity"])


def compare_seeds(
    networks: Mapping[int, Network], store: Store, settings: Evaluate
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return how alike the layers of each pair of networks are on the test set, and the means by layer.

    The metrics also hold the mean and the deviation of their accuracies. One network alone, or one without layers,
    gives a table without rows and no metrics.
    """
    val, test, (first, *_) = store.subset("val"), store.subset("test"), networks.values()
    if len(networks) < 2:
        return _NONE, {}

    def accuracy(network: Network) -> float:
        point = operating(val.labels, network.probabilities(val.items), store.schema.classes, settings)
        return float((point.decide(network.probabilities(test.items)) == test.labels).mean())

    right = [accuracy(network) for network in networks.values()]
    activations = {seed: network.representations for seed, network in networks.items()}
    table = similarity(activations, test.items, first.layers, _BATCH) if first.layers else _NONE
    accuracies = {"seeds_accuracy_mean": float(np.mean(right)), "seeds_accuracy_std": float(np.std(right, ddof=1))}
    return table, accuracies | mean_by_layer(table)
