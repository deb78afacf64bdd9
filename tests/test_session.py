import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from reprise import session
from reprise.session import session_options


def product(*weights: onnx.TensorProto) -> bytes:
    """Return the graph c = MatMulInteger(a, b), b being an input or given."""
    inputs = {"a": TensorProto.UINT8} | ({} if weights else {"b": TensorProto.INT8})
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "b"], ["c"])],
        "",
        [helper.make_tensor_value_info(name, kind, None) for name, kind in inputs.items()],
        [helper.make_tensor_value_info("c", TensorProto.INT32, None)],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    return model.SerializeToString(deterministic=True)


def test_the_graph_that_asks_the_processor() -> None:
    assert product() == session._PRODUCT


@pytest.mark.parametrize("saturates", [None, True])
def test_products_of_integers_are_exact_on_every_processor(monkeypatch, saturates: bool | None) -> None:
    if saturates is not None:
        monkeypatch.setattr(session, "_saturates", lambda: saturates)
    weights = np.full((64, 8), 127, np.int8)
    model = product(onnx.numpy_helper.from_array(weights, "b"))
    run = ort.InferenceSession(model, session_options(), providers=["CPUExecutionProvider"]).run
    (found,) = run(None, {"a": np.full((4, 64), 255, np.uint8)})
    assert (found == 64 * 255 * 127).all()


def test_the_slower_way_is_taken_where_it_is_needed(monkeypatch) -> None:
    monkeypatch.setattr(session, "_saturates", lambda: True)
    options = session_options()
    assert options.get_session_config_entry("session.x64quantprecision") == "1"
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
