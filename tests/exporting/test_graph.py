from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from reprise.blocks import TabularModel
from reprise.exporting.graph import OPSET, write_graph
from reprise.exporting.parity import ParityError, check_parity
from reprise.networks.classifier import TorchNetwork
from reprise.networks.knn import Knn
from reprise.networks.mlp import Mlp
from reprise.networks.scaler import Scaler

ITEMS = np.random.default_rng(0).normal(size=(23, 4)).astype(np.float32)
ITEMS[2, 1] = np.nan


def network(name: str):
    torch.manual_seed(0)
    if name == "mlp":
        return TorchNetwork(Mlp(4, 3, (8, 5), 0.5))
    model = TabularModel.model_validate({"n_neighbors": 4, "weights": name})
    return Knn(Scaler(4), torch.from_numpy(np.nan_to_num(ITEMS)), torch.arange(23) % 3, model)


def most_probable(probabilities):
    return probabilities.argmax(axis=1)


@pytest.mark.parametrize("name", ["mlp", "uniform", "distance"])
def test_one_file_with_a_named_batch_and_nothing_of_its_making(tmp_path: Path, name: str) -> None:
    made = network(name)
    path = tmp_path / "model.onnx"
    model = write_graph(path, made, (4,), "float32")
    assert [child.name for child in tmp_path.iterdir()] == ["model.onnx"]
    assert model.input.shape == ("batch", 4)
    assert model.input.dtype == "float32"
    layers = ["representation.hidden1", "representation.hidden2"] if name == "mlp" else []
    assert [output.name for output in model.outputs] == ["probabilities", *layers]
    assert all(output.shape[0] == "batch" for output in model.outputs)
    loaded = onnx.load(path)
    assert [(item.domain, item.version) for item in loaded.opset_import] == [("", OPSET)]
    content = path.read_bytes()
    for trace in (b"metadata", b".py", b"stack_trace", b"torch", b"namespace", str(tmp_path).encode()):
        assert trace not in content
    assert check_parity(path, ITEMS, made.probabilities(ITEMS), most_probable) < 1e-5


def test_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "model.onnx", tmp_path / "b" / "model.onnx"
    for path in (first, second):
        path.parent.mkdir()
        write_graph(path, network("mlp"), (4,), "float32")
    assert first.read_bytes() == second.read_bytes()


def test_a_changed_label_or_a_large_difference_fails(tmp_path: Path) -> None:
    made = network("mlp")
    path = tmp_path / "model.onnx"
    write_graph(path, made, (4,), "float32")
    expected = made.probabilities(ITEMS)
    off = expected.copy()
    off[5, 0] += 2e-4
    with pytest.raises(ParityError, match=r"batch size 16: 0 of 23 labels changed, probabilities differ by 2\.0e-04"):
        check_parity(path, ITEMS, off, most_probable)
    with pytest.raises(ParityError, match="batch size 16: 1 of 23 labels changed"):
        check_parity(path, ITEMS, np.concatenate([np.roll(expected[:1], 1, axis=1), expected[1:]]), most_probable)
    off[5, 0] = np.nan
    with pytest.raises(ParityError, match="nan"):
        check_parity(path, ITEMS, off, most_probable)


def test_a_graph_with_a_constant_batch_fails(tmp_path: Path) -> None:
    made = network("mlp")
    path = tmp_path / "model.onnx"
    write_graph(path, made, (4,), "float32")
    graph = onnx.load(path)
    graph.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 2
    onnx.save(graph, path)
    with pytest.raises(Exception, match="invalid dimensions"):
        check_parity(path, ITEMS, made.probabilities(ITEMS), most_probable)
