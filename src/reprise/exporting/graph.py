"""A network as one ONNX file."""

import logging
import warnings
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import nn

from reprise.bundle import Model, Tensor, sha256
from reprise.networks.classifier import Network

# What onnxruntime 1.18 and later run; raised by hand, since it changes every exported file.
OPSET = 20

INPUT = "items"
PROBABILITIES = "probabilities"


def write_graph(path: Path, network: Network, shape: tuple[int, ...], dtype: str) -> Model:
    """Write `network` as a single ONNX file without a trace of where, when and by what it was made.

    The input `items` is [batch, *shape]; the outputs are `probabilities` [batch, classes] and one
    `representation.<layer>` for each named layer. Returns its description.
    """
    graph = network.graph().eval().cpu()
    names = [PROBABILITIES, *(f"representation.{layer}" for layer in network.layers)]
    exported = _export(graph, shape, dtype, names)
    _clear(exported)
    exported.producer_name, exported.producer_version = "reprise", ""
    onnx.checker.check_model(exported, full_check=True)
    path.write_bytes(exported.SerializeToString(deterministic=True))
    return Model(
        file=path.name,
        sha256=sha256(path),
        opset=OPSET,
        input=_describe(exported.graph.input[0]),
        outputs=tuple(_describe(output) for output in exported.graph.output),
    )


def _export(graph: nn.Module, shape: tuple[int, ...], dtype: str, names: list[str]) -> onnx.ModelProto:
    # A batch of two: export would take a batch of one for a constant.
    items = torch.zeros((2, *shape), dtype=getattr(torch, dtype))
    # The exporter warns of operators of torchvision, which is not there, and of its own deprecated calls.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        program = torch.onnx.export(
            graph,
            (items,),
            dynamo=True,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=names,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            external_data=False,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export gave no program")
    return program.model_proto


def _clear(exported: onnx.ModelProto) -> None:
    """Clear every metadata_props and doc_string: the exporter writes source paths and stack traces there."""
    parts: list[Any] = [exported]
    while parts:
        part = parts.pop()
        for field in ("metadata_props", "doc_string"):
            if field in part.DESCRIPTOR.fields_by_name:
                part.ClearField(field)
        for field, value in part.ListFields():
            if field.message_type is not None:
                parts += value if field.is_repeated else [value]


def _describe(value: onnx.ValueInfoProto) -> Tensor:
    tensor = value.type.tensor_type
    shape = tuple(axis.dim_param or axis.dim_value for axis in tensor.shape.dim)
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type).name
    return Tensor(name=value.name, dtype=dtype, shape=shape)
