from pathlib import Path

import numpy as np
import pytest
import torch

from reprise.bundle import Model, sha256
from reprise.datasets.examples import Example
from reprise.datasets.store import Store, StoreWriter, read_store
from reprise.errors import ParamsError
from reprise.exporting.graph import write_graph
from reprise.exporting.trial import _judge, run, try_int8
from reprise.networks.classifier import TorchNetwork
from reprise.networks.mlp import Mlp

ITEMS = np.array([[1, 0], [-1, 1]] * 20, np.float32)
DESCRIBED = Model.model_validate(
    {"file": "8", "sha256": "", "opset": 20, "input": {"name": "", "dtype": "", "shape": ()}, "outputs": ()}
)


def most_probable(probabilities):
    return probabilities.argmax(axis=1)


def store_of(folder: Path, items: np.ndarray, labels: str, splits: list[str]) -> Store:
    folder.mkdir()
    listed = [Example("a.csv", row, label, str(row)) for row, label in enumerate(labels)]
    with StoreWriter(folder, items.shape[1:], "float32") as writer:
        writer.add(items)
        writer.finish(listed, splits, "tabular", ("a", "b"), [f"f{place}" for place in range(items.shape[1])])
    return read_store(folder)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[TorchNetwork, Model, bytes]:
    """A network that tells the sign of the first of two features, and its graph."""
    classifier = Mlp(2, 2, (4,), 0.0)
    classifier.fit_input(ITEMS)
    with torch.no_grad():
        for parameter in classifier.parameters():
            parameter.zero_()
        classifier.stack.hidden[0].weight[0, 0], classifier.stack.hidden[0].weight[1, 0] = 1, -1
        classifier.stack.output.weight[0, 0], classifier.stack.output.weight[1, 1] = 5, 5
    path = tmp_path_factory.mktemp("exported") / "model.onnx"
    model = write_graph(path, TorchNetwork(classifier), (2,), "float32")
    return TorchNetwork(classifier), model, path.read_bytes()


@pytest.mark.parametrize(("outlier", "served"), [(1, True), (1e5, False)])
def test_the_file_is_kept_where_accuracy_hardly_falls(exported, tmp_path: Path, outlier: float, served: bool) -> None:
    """An outlier among the training items takes all the steps of eight bits for itself."""
    network, model, content = exported
    (tmp_path / "model.onnx").write_bytes(content)
    items = ITEMS.copy()
    items[0, 0] = outlier
    store = store_of(tmp_path / "store", items, "ab" * 20, ["train"] * 20 + ["val"] * 20)
    found = try_int8(tmp_path, model, network, store, most_probable, 0.5)
    assert (found.items, found.float_accuracy, found.served) == (20, 1, served)
    path = tmp_path / "model.int8.onnx"
    assert path.exists() == served
    if served:
        assert found.model == model.model_copy(update={"file": path.name, "sha256": sha256(path)})
        assert (found.int8_accuracy, found.drop, found.changed) == (1, 0, 0)
        assert found.difference == pytest.approx(
            np.abs(run(path, items[20:]) - network.probabilities(items[20:])).max(), rel=0.05
        )
    else:
        assert found.model is None
        assert (found.int8_accuracy, found.drop, found.changed) == (0.5, 50, 10)
        assert found.reason == (
            "int8 loses 50 percentage points of accuracy on the 20 items of the validation set, more than max_drop, 0.5"
        )


def test_a_training_set_of_one_item_and_a_validation_set_of_one(exported, tmp_path: Path) -> None:
    network, model, content = exported
    (tmp_path / "model.onnx").write_bytes(content)
    store = store_of(tmp_path / "store", ITEMS[:2], "ab", ["train", "val"])
    assert try_int8(tmp_path, model, network, store, most_probable, 0).items == 1


def test_a_graph_that_cannot_be_quantised_is_told_in_one_line(exported, tmp_path: Path) -> None:
    network, model, _ = exported
    store = store_of(tmp_path / "store", ITEMS[:2], "ab", ["train", "val"])
    (tmp_path / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(ParamsError) as caught:
        try_int8(tmp_path, model, network, store, most_probable, 0.5)
    text = str(caught.value)
    assert text.startswith("params.yaml: export.quantize: int8, which ONNX Runtime cannot make of this network (")
    assert text.endswith("; expected none")
    assert "\n" not in text
    assert not (tmp_path / "model.int8.onnx").exists()


@pytest.mark.parametrize(
    ("max_drop", "wrong", "drop", "served"),
    [(0.5, 1, 0.5, True), (0.5, 2, 1, False), (0, 0, 0, True), (0, 1, 0.5, False), (100, 200, 100, True)],
)
def test_a_drop_of_just_the_most_is_allowed(max_drop: float, wrong: int, drop: float, served: bool) -> None:
    labels = np.zeros(200, np.int64)
    expected = np.tile(np.float32([[0.75, 0.25]]), (200, 1))
    found = expected.copy()
    found[:wrong] = found[:wrong, ::-1]
    judged = _judge(expected, found, labels, most_probable, max_drop, DESCRIBED)
    assert (judged.drop, judged.changed, judged.served) == (drop, wrong, served)
    assert judged.difference == (0.5 if wrong else 0)
    assert (judged.model is None) != served


def test_a_gain_in_accuracy_is_no_drop() -> None:
    expected, found = np.float32([[0.4, 0.6]]), np.float32([[0.6, 0.4]])
    judged = _judge(expected, found, np.array([0]), most_probable, 0, DESCRIBED)
    assert (judged.drop, judged.served, judged.difference) == (-100, True, 0.2)
    assert judged.reason.startswith("int8 loses 0 percentage points")
