from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from reprise.datasets.store import read_store
from reprise.exporting.graph import write_graph
from reprise.exporting.quantize import write_int8
from reprise.networks.classifier import TorchNetwork
from reprise.networks.files import read_network
from reprise.networks.mlp import Mlp
from reprise.params import read_params
from reprise.session import session_options

ITEMS = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
ITEMS[2, 1] = np.nan


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the graph of a table's network in float and in integers."""
    folder = tmp_path_factory.mktemp("exported")
    torch.manual_seed(0)
    classifier = Mlp(4, 3, (16, 8), 0.5)
    classifier.fit_input(ITEMS)
    write_graph(folder / "model.onnx", TorchNetwork(classifier), (4,), "float32")
    write_int8(folder / "model.int8.onnx", folder / "model.onnx", ITEMS, parameters(TorchNetwork(classifier)))
    return folder


def parameters(network) -> set[str]:
    return {name for name, _ in network.graph().named_parameters()}


def answers(path: Path, items) -> list[np.ndarray]:
    session = ort.InferenceSession(path, session_options())
    return session.run([output.name for output in session.get_outputs()], {"items": items})


def test_one_smaller_file_with_the_same_inputs_and_outputs_and_nothing_of_its_making(exported: Path) -> None:
    assert sorted(child.name for child in exported.iterdir()) == ["model.int8.onnx", "model.onnx"]
    before, after = onnx.load(exported / "model.onnx"), onnx.load(exported / "model.int8.onnx")
    assert list(after.graph.input) == list(before.graph.input)
    assert list(after.graph.output) == list(before.graph.output)
    assert list(after.opset_import) == list(before.opset_import)
    assert (after.producer_name, after.producer_version) == ("reprise", "")
    content = (exported / "model.int8.onnx").read_bytes()
    for trace in (b"onnx", b"metadata", b".py", b"torch", b"/tmp", str(exported).encode()):
        assert trace not in content


@pytest.mark.parametrize("batch", [1, 2, 5, 40])
def test_answers_and_representations_are_nearly_those_of_the_float_graph(exported: Path, batch: int) -> None:
    before, after = (answers(exported / name, ITEMS[:batch]) for name in ("model.onnx", "model.int8.onnx"))
    assert [found.shape for found in after] == [(batch, 3), (batch, 16), (batch, 8)]
    np.testing.assert_allclose(after[0].sum(axis=1), 1, atol=1e-6)
    for expected, found in zip(before, after, strict=True):
        np.testing.assert_allclose(found, expected, atol=0.05)
        assert not np.array_equal(found, expected)


def test_same_bytes_in_another_folder(exported: Path, tmp_path: Path) -> None:
    graph = onnx.load(exported / "model.onnx").graph
    trained = {weights.name for weights in graph.initializer if weights.name.startswith("classifier.stack.")}
    write_int8(tmp_path / "again.onnx", exported / "model.onnx", ITEMS, trained)
    assert (tmp_path / "again.onnx").read_bytes() == (exported / "model.int8.onnx").read_bytes()
    write_int8(tmp_path / "other.onnx", exported / "model.onnx", ITEMS[:20], trained)
    assert (tmp_path / "other.onnx").read_bytes() != (exported / "model.int8.onnx").read_bytes()


@pytest.mark.long
def test_spectrogram_last_layer_and_softmax_stay_in_float(trained, tmp_path: Path) -> None:
    """Every other weight is signed, with a scale a channel, and every activation unsigned."""
    folder = trained("species").folder
    store, params = read_store(folder / "data/store"), read_params(folder / "params.yaml")
    network = read_network(folder / "models/weights/0.safetensors", params.chosen.model, store.schema)
    write_int8(
        tmp_path / "8.onnx", folder / "models/bundle/model.onnx", store.subset("train").items, parameters(network)
    )
    graph = onnx.load(tmp_path / "8.onnx").graph
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    made_by = {name: node for node in graph.node for name in node.output}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    in_float = [node.input[1] for node in convolutions if node.input[1] in weights]
    assert in_float == ["classifier.front.waves", "classifier.front.filters"]
    assert all(weights[name].dtype == np.float32 for name in in_float)
    for node in convolutions[2:]:
        quantized, scales, _ = (weights[name] for name in made_by[node.input[1]].input)
        assert quantized.dtype == np.int8
        assert scales.shape == quantized.shape[:1]
        assert weights[made_by[node.input[0]].input[2]].dtype == np.uint8
    (last,) = (node for node in graph.node if node.op_type == "Gemm")
    assert weights[last.input[1]].dtype == np.float32
    assert [made_by[name].op_type for name in (last.input[0], last.output[0])] == ["ReduceMean", "Gemm"]
    (softmax,) = (node for node in graph.node if node.op_type == "Softmax")
    assert list(softmax.input) == list(last.output)
    before, after = (
        answers(path, store.items[:8]) for path in (folder / "models/bundle/model.onnx", tmp_path / "8.onnx")
    )
    assert np.abs(after[0] - before[0]).mean() < 0.02
