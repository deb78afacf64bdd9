from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from reprise.exporting.calibrate import measure_ranges


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A graph of a product and a ReLU."""
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["items", "weights"], ["sums"]), helper.make_node("Relu", ["sums"], ["out"])],
        "graph",
        [helper.make_tensor_value_info("items", TensorProto.FLOAT, ["batch", 2])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["batch", 1])],
        [helper.make_tensor("weights", TensorProto.FLOAT, (2, 1), [1, -1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.save(model, tmp_path / "model.onnx")
    return tmp_path / "model.onnx"


def test_ranges_are_those_of_all_batches_to_two_digits(path: Path) -> None:
    items = np.zeros((100, 2), np.float32)
    items[3, 1], items[98, 0] = 3.456, 1.2345
    found = measure_ranges(path, items, ["Gemm", "Relu"]).data
    ranges = {name: [float(str(value)) for value in tensor.range_value] for name, tensor in found.items()}
    assert ranges == {"items": [0, 3.5], "sums": [-3.5, 1.2], "out": [0, 1.2]}


def test_other_operators_are_left_alone(path: Path) -> None:
    assert set(measure_ranges(path, np.ones((2, 2), np.float32), ["Relu"]).data) == {"sums", "out"}
