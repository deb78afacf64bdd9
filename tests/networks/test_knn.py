from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from sklearn.impute import SimpleImputer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from reprise.blocks import TabularModel
from reprise.datasets.store import Schema, Subset
from reprise.errors import ParamsError
from reprise.exporting.graph import write_graph
from reprise.exporting.parity import check_parity
from reprise.networks.classifier import Network
from reprise.training.settings import Settings
from reprise.training.train import train_network

DRAW = np.random.default_rng(0)
ITEMS = DRAW.normal(size=(60, 4)).astype(np.float32) * np.float32([1, 10, 100, 1000])
LABELS = DRAW.integers(0, 3, 60)
NEW = DRAW.normal(size=(40, 4)).astype(np.float32) * np.float32([1, 10, 100, 1000])
SETTINGS = Settings(1, "one_cycle", 1, 0.1, 0, 8, 0, deterministic=True)
SCHEMA = Schema(
    modality="tabular", shape=(4,), dtype="float32", classes=("a", "b", "c"), features=tuple("wxyz"), sha256=""
)


def knn(weights: Literal["uniform", "distance"], p: float, n_neighbors: int = 5) -> Network:
    model = TabularModel(network="knn", weights=weights, p=p, n_neighbors=n_neighbors)
    return train_network(model, SCHEMA, SETTINGS, Subset(ITEMS, LABELS), Subset(NEW, LABELS[:40]))


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
def test_it_is_scikit_learns(weights: Literal["uniform", "distance"], p: float) -> None:
    reference = make_pipeline(
        SimpleImputer(strategy="median"), StandardScaler(), KNeighborsClassifier(5, weights=weights, p=p)
    ).fit(ITEMS, LABELS)
    network = knn(weights, p)
    # Rows of the training set among the others: a distance of zero is a case of its own.
    items = np.concatenate([NEW, ITEMS[:20]])
    items[3, 2] = np.nan
    expected = reference.predict_proba(items)
    np.testing.assert_allclose(network.probabilities(items), expected, atol=1e-4)
    (graph,) = network.graph()(torch.from_numpy(items))
    np.testing.assert_allclose(graph.numpy(), expected, atol=1e-4)


def test_more_neighbours_than_rows() -> None:
    with pytest.raises(
        ParamsError, match=r"model\.n_neighbors: 61; expected at most 60, the number of training examples"
    ):
        knn("uniform", 2, n_neighbors=61)


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("p", [1.0, 2.0, 50.0])
def test_ties_and_high_powers_are_the_same_in_the_exported_graph(tmp_path: Path, weights, p: float) -> None:
    """Whole numbers from 0 to 3: most rows have neighbours that are equally far, or in the same place."""
    draw = np.random.default_rng(1)
    items = draw.integers(0, 4, (300, 4)).astype(np.float32)
    labels = draw.integers(0, 3, 300)
    model = TabularModel(network="knn", weights=weights, p=p)
    network = train_network(model, SCHEMA, SETTINGS, Subset(items, labels), Subset(items, labels))
    test = draw.integers(0, 4, (80, 4)).astype(np.float32)
    test[0] *= 1e4
    write_graph(tmp_path / "model.onnx", network, (4,), "float32")
    assert (
        check_parity(tmp_path / "model.onnx", test, network.probabilities(test), lambda found: found.argmax(axis=1))
        < 1e-4
    )
