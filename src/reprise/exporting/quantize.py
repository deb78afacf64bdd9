"""A graph in 8-bit integers, by static quantisation: unsigned activations, signed weights with a scale a channel."""

import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
from onnxruntime.quantization.quant_utils import load_model_with_shape_infer

from reprise.exporting.calibrate import measure_ranges
from reprise.items import Items

# Those of the networks' layers that ONNX Runtime computes in integers.
_OPERATORS = ("Add", "Conv", "Gemm", "MaxPool", "Relu", "Slice")


def write_int8(path: Path, source: Path, items: Items, trained: Collection[str]) -> None:
    """Write the graph of `source` in integers, with the same inputs and outputs, its ranges measured over `items`.

    `trained` names the weights that were trained. What comes before the first of them, normalisation and
    spectrogram, stays in float, and so do the last layer and softmax, whose rows would no longer sum to 1.
    """
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "model.onnx"
        shutil.copyfile(source, copy)
        graph = load_model_with_shape_infer(copy)
        ranges = measure_ranges(copy, items, _OPERATORS)
    quantizer = QDQQuantizer(
        graph,
        per_channel=True,
        reduce_range=False,
        weight_qType=QuantType.QInt8,
        activation_qType=QuantType.QUInt8,
        tensors_range=ranges,
        nodes_to_quantize=_inner_nodes(graph, set(trained)),
        nodes_to_exclude=[],
        op_types_to_quantize=_OPERATORS,
        extra_options={},
    )
    quantizer.quantize_model()
    quantizer.model.topological_sort()
    found = quantizer.model.model
    del found.metadata_props[:]
    found.producer_name, found.producer_version = "reprise", ""
    onnx.checker.check_model(found, full_check=True)
    path.write_bytes(found.SerializeToString(deterministic=True))


def _inner_nodes(graph: onnx.ModelProto, trained: set[str]) -> list[str]:
    """Return the names of the nodes from the first layer with trained weights to the last, which is left out."""
    nodes = graph.graph.node
    layers = [place for place, node in enumerate(nodes) if not trained.isdisjoint(node.input)]
    names = [node.name for node in nodes[layers[0] : layers[-1]]]
    assert names  # which the quantizer would take for all nodes
    return names
