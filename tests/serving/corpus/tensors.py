"""Bad requests of the Open Inference Protocol V2."""

import json
import math
import random
from collections.abc import Iterator
from typing import Any

from reprise.serving.model import Model
from reprise.serving.tensors import datatype

from .case import JSON, Case
from .envelopes import damages

_BINARY, _LENGTH = "application/octet-stream", "Inference-Header-Content-Length"
_SHAPES: tuple[Any, ...] = (None, [], 1, "1", [0], [-1], [2**31], [2**63], [10**40], [1.5], [True], ["1"], [[1]])
_NUMBERS = ("Infinity", "1e999", "-1e39", '"1"', "true", "{}", "[]", "[[1]]", "9" * 400, "9" * 5000)


def tensors(model: Model, count: int, draw: random.Random) -> Iterator[Case]:
    """Yield requests for inference with a tensor that is damaged, or that is not the input of the model."""
    expected, path = model.bundle.served.input, f"/v2/models/{model.bundle.task}/infer"
    shape = [1, *expected.shape[1:]]
    size, kind = math.prod(shape), datatype(expected.dtype)
    good = {"name": expected.name, "shape": shape, "datatype": kind, "data": [0] * size}

    def case(name: str, body: bytes, kind: str = JSON, *headers: tuple[str, str]) -> Case:
        return Case(f"tensor: {name}", body, kind, path=path, headers=headers)

    whole = json.dumps({"inputs": [good]}).encode()
    for name, body in damages(whole, count, draw):
        yield case(name, body)
    for field, values in (
        ("name", (None, "", "other", 1, "n" * 10_000)),
        ("datatype", (None, "", "FP64", "BYTES", "float32", "INT7", 1, [kind])),
        ("shape", (*_SHAPES, [2, *shape[1:]], shape[1:], [*shape, 2], [10**9, *shape[1:]])),
        ("data", (None, 0, "0", {}, [], [0] * (size - 1), [0] * (size + 1), [[0] * size] * 2, ["0"] * size)),
        ("parameters", (1, {"binary_data_size": size}, {"shared_memory_region": "/etc/passwd"}, {"a": 1})),
    ):
        for value in values:
            yield case(f"{field} is {str(value)[:20]}", json.dumps({"inputs": [good | {field: value}]}).encode())
    for number in _NUMBERS:
        body = json.dumps({"inputs": [good | {"data": ["here", *[0] * (size - 1)]}]})
        yield case(f"with {number[:20]}", body.replace('"here"', number).encode())
    yield from (case(name, json.dumps(body).encode()) for name, body in _requests(good))
    head = json.dumps({"inputs": [{**good, "data": None, "parameters": {"binary_data_size": size}}]}).encode()
    for length in ("", "-1", "0", "x", "1e3", str(len(head) - 1), str(len(head) + 1), "9" * 400):
        yield case(f"json of {length[:20]} bytes", head + bytes(size), _BINARY, (_LENGTH, length))
    for lost in (1, size // 2, size):
        yield case(f"{lost} bytes lost", head + bytes(size - lost), _BINARY, (_LENGTH, str(len(head))))
    for compression in ("gzip", "deflate", "br", "nothing"):
        encoded = (("content-encoding", compression),)
        yield Case(f"tensor: {compression}", whole, statuses=(415,), path=path, headers=encoded)


def _requests(good: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "nothing", {}
    yield "no inputs", {"inputs": []}
    yield "two inputs", {"inputs": [good, good]}
    yield "an input that is none", {"inputs": [None]}
    yield "another key", {"inputs": [good], "instances": [1]}
    yield "an id that is none", {"inputs": [good], "id": 1}
    yield "an unknown output", {"inputs": [good], "outputs": [{"name": "other"}]}
    yield "an output twice", {"inputs": [good], "outputs": [{"name": "probabilities"}] * 2}
    yield "outputs that are none", {"inputs": [good], "outputs": [1, None]}
