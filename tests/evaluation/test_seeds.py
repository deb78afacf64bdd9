from types import SimpleNamespace

import numpy as np
import pandas as pd

from reprise.blocks import Evaluate
from reprise.datasets.store import Store
from reprise.evaluation.seeds import compare_seeds

ITEMS = np.random.default_rng(0).normal(size=(90, 3)).astype(np.float32)
LABELS = (ITEMS[:, 0] > 0).astype(np.int64)
INDEX = pd.DataFrame({"label": LABELS, "split": ["train", "val", "test"] * 30})
STORE = Store(ITEMS, ITEMS, INDEX, SimpleNamespace(classes=("a", "b")))


class OneFeature:
    """Decides by one feature, and shows all of them as its only layer, if it has one."""

    def __init__(self, feature: int, layers: tuple[str, ...]) -> None:
        self.feature, self.layers = feature, layers

    def probabilities(self, items):
        second = 1 / (1 + np.exp(-20 * np.asarray(items)[:, self.feature].astype(np.float64)))
        return np.stack([1 - second, second], axis=1).astype(np.float32)

    def representations(self, items):
        return [np.asarray(items) for _ in self.layers]


def test_accuracies_and_similarity_of_two() -> None:
    networks = {3: OneFeature(0, ("all",)), 5: OneFeature(1, ("all",))}
    table, metrics = compare_seeds(networks, STORE, Evaluate())
    assert set(table["seeds"]) == {"3 and 5"}
    assert metrics["cka_all"] > 0.999
    assert 0.5 < metrics["seeds_accuracy_mean"] < 0.9  # one knows, the other guesses
    assert metrics["seeds_accuracy_std"] > 0.1


def test_networks_without_layers_have_accuracies_alone() -> None:
    table, metrics = compare_seeds({0: OneFeature(0, ()), 1: OneFeature(0, ())}, STORE, Evaluate())
    assert table.empty
    assert metrics.keys() == {"seeds_accuracy_mean", "seeds_accuracy_std"}


def test_one_network_is_compared_with_none() -> None:
    table, metrics = compare_seeds({0: OneFeature(0, ("all",))}, STORE, Evaluate())
    assert table.empty
    assert metrics == {}
