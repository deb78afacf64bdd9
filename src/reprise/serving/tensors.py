"""Tensors of the Open Inference Protocol V2 as arrays, and back."""

import math
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from reprise.bundle import Bundle, Tensor
from reprise.serving.problem import Problem
from reprise.serving.v2_schemas import InputTensor, TensorMetadata

_KINDS = {"f": "FP", "i": "INT", "u": "UINT"}
_SHOWN = {
    str: "text",
    bool: "true or false",
    float: "a fraction",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def datatype(dtype: DTypeLike) -> str:
    """Return the protocol's name of a dtype: `FP32` for `float32`."""
    found = np.dtype(dtype)
    return f"{_KINDS[found.kind]}{found.itemsize * 8}"


def describe(tensor: Tensor) -> TensorMetadata:
    """Return how the protocol describes an input or an output of a bundle."""
    sizes = [-1 if isinstance(size, str) else size for size in tensor.shape]
    return TensorMetadata(name=tensor.name, datatype=datatype(tensor.dtype), shape=sizes)


def read_items(tensor: InputTensor, body: bytes, start: int, bundle: Bundle, most: int) -> NDArray[Any]:
    """Return the items [N, *shape], at most `most`, that a tensor holds, or the body from `start` on in its place.

    Bytes are little-endian, row by row, and not copied. Raises `Problem` 422 where the tensor is not the input of the
    bundle, and where its numbers are not as many as its shape says, or none that the bundle's decoder could return:
    of a table NaN is a missing value, an infinity is none; a sound lies in -1..1.
    """
    expected = bundle.served.input
    _check(tensor, expected, most)
    dtype, count = np.dtype(expected.dtype), math.prod(tensor.shape)
    size = tensor.parameters.binary_data_size
    if (size or 0) != len(body) - start:
        known = f"{size or 0}, as binary_data_size and the header Inference-Header-Content-Length say"
        raise Problem(422, f"{len(body) - start} bytes after the JSON", known, field="body")
    if (size is None) == (tensor.data is None):
        found = "missing" if size is None else "given twice"
        raise Problem(422, found, "the numbers, or binary_data_size", field="inputs[0].data")
    if tensor.data is not None:
        values = _from_json(tensor.data, tensor.shape, dtype, missing=bundle.modality == "tabular")
    elif size != count * dtype.itemsize:
        where = "inputs[0].parameters.binary_data_size"
        raise Problem(422, str(size), f"{count * dtype.itemsize} for shape {tensor.shape}", field=where)
    else:
        # After JSON of any length: onnxruntime takes it for granted that numbers begin at a multiple of their size.
        values = np.require(np.frombuffer(body, dtype, offset=start), requirements=["ALIGNED"])
    _check_values(values, bundle.modality)
    return values.reshape(tensor.shape)


def _check(tensor: InputTensor, expected: Tensor, most: int) -> None:
    if tensor.name != expected.name:
        raise Problem(422, f"unknown input {tensor.name[:100]!r}", expected.name, field="inputs[0].name")
    if tensor.datatype != datatype(expected.dtype):
        raise Problem(422, repr(tensor.datatype[:100]), datatype(expected.dtype), field="inputs[0].datatype")
    # Only sizes that are known here are multiplied later.
    if tensor.shape[1:] != list(expected.shape[1:]) or not 1 <= tensor.shape[0] <= most:
        sizes = ", ".join(map(str, expected.shape[1:]))
        raise Problem(422, f"{tensor.shape}"[:200], f"[from 1 to {most}, {sizes}]", field="inputs[0].shape")


def _from_json(data: list[Any], shape: Sequence[int], dtype: np.dtype[Any], *, missing: bool) -> NDArray[Any]:
    """Return numbers that stand flat or nested in JSON as a flat array; with `missing`, null is NaN."""
    flat = data
    for size in shape[1:]:
        if not flat or not isinstance(flat[0], list):
            break
        if set(map(type, flat)) != {list} or set(map(len, flat)) != {size}:
            raise Problem(422, f"lists that are not of {size} each", f"shape {shape}", field="inputs[0].data")
        flat = list(chain.from_iterable(flat))
    if len(flat) != (count := math.prod(shape)):
        raise Problem(422, f"{len(flat)} numbers", f"{count} for shape {shape}", field="inputs[0].data")
    whole = dtype.kind in "iu"
    allowed = {int} if whole else {int, float, *([type(None)] if missing else [])}
    if odd := set(map(type, flat)) - allowed:
        known = "whole numbers" if whole else "numbers, or null where one is missing" if missing else "numbers"
        raise Problem(422, _SHOWN[odd.pop()], known, field="inputs[0].data")
    try:
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as that
            return np.array(flat, dtype)
    except OverflowError:
        limits = np.iinfo(dtype) if whole else np.finfo(dtype)
        raise Problem(422, "too large a number", f"{limits.min:g} to {limits.max:g}", field="inputs[0].data") from None


def _check_values(values: NDArray[Any], modality: str) -> None:
    if values.dtype.kind != "f":
        return
    table = modality == "tabular"
    wrong = np.isinf(values) if table else ~(np.abs(values) <= 1)
    if wrong.any():
        place = int(wrong.argmax())
        known = "finite numbers; NaN is missing" if table else "numbers from -1 to 1"
        raise Problem(422, f"number {place} is {values[place]:g}", known, field="inputs[0].data")
