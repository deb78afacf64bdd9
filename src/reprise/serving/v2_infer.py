"""The answer to an inference request of the Open Inference Protocol V2."""

from typing import Any

from numpy.typing import NDArray
from pydantic import ValidationError
from pydantic_core import from_json, to_json

from reprise.serving.endpoint import Call, Reply
from reprise.serving.model import Model
from reprise.serving.problem import Problem
from reprise.serving.service import Service, timed
from reprise.serving.tensors import datatype, read_items
from reprise.serving.v2_schemas import InferRequest

VERSION = "1"
LENGTH, BINARY = "Inference-Header-Content-Length", "application/octet-stream"

_LENGTH = LENGTH.lower().encode()
# Each takes many times its size in memory.
_LISTS = 2**20
_DIGITS = 10  # of the size of any body that is let in
_WRONG = {
    "missing": "missing",
    "model_type": "no object",
    "list_type": "no list",
    "string_type": "no text",
    "int_type": "no whole number",
    "bool_type": "neither true nor false",
}


def answer_inference(service: Service, call: Call) -> Reply:
    """Answer with outputs of the network for decoded items: those asked for, or all.

    They are neither logged nor counted as predictions: a tensor does not tell the features that drift is measured by.
    """
    model = service.model
    check_model(model.bundle.task, **call.path)
    request, start = _read(call)
    asked = _asked(request, model)
    items = read_items(request.inputs[0], call.body, start, model.bundle, service.settings.max_instances)
    with timed(service.metrics.inferred):
        found = model.run(list(asked), items, call.check)
    outputs = [
        _output(name, values, binary=binary) for (name, binary), values in zip(asked.items(), found, strict=True)
    ]
    answer = {"model_name": model.bundle.task, "model_version": VERSION, "outputs": outputs}
    if request.id is not None:
        answer["id"] = request.id
    return _reply(
        to_json(answer), [values.data for values, binary in zip(found, asked.values(), strict=True) if binary]
    )


def check_model(task: str, name: str, version: str = VERSION) -> None:
    """Raise `Problem` 404 at another name than that of the task, and at another version than ours."""
    if name != task:
        raise Problem(404, f"unknown model {name[:100]!r}", task)
    if version != VERSION:
        raise Problem(404, f"unknown version {version[:100]!r} of {task}", VERSION)


def _read(call: Call) -> tuple[InferRequest, int]:
    """Return the request, and where in the body its JSON ends."""
    if (coding := call.headers.get(b"content-encoding", b"identity")) != b"identity":
        raise Problem(415, f"content encoding {coding.decode('latin-1')[:100]!r}", "a body as it is")
    told, size = call.headers.get(_LENGTH), len(call.body)
    if told is not None and not (told.isdigit() and len(told) <= _DIGITS and int(told) <= size):
        raise Problem(422, repr(told.decode("latin-1")[:100]), f"bytes of JSON, at most {size}", field=LENGTH)
    end = size if told is None else int(told)
    if call.body.count(b"[", 0, end) + call.body.count(b"{", 0, end) > _LISTS:
        raise Problem(422, "too many lists", "flat lists, or bytes", field="body")
    try:
        # pydantic's own parser takes several times the memory where lists are many.
        return InferRequest.model_validate(from_json(call.body[:end])), end
    except ValidationError as error:
        raise _problem(error) from None
    except ValueError as error:
        raise Problem(422, f"no JSON ({error})"[:200], "an inference request", field="body") from None


def _problem(error: ValidationError) -> Problem:
    first = error.errors(include_url=False)[0]
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in first["loc"])
    told = first.get("ctx", {})
    found = told.get("found") or _WRONG.get(first["type"]) or first["msg"].lower()
    return Problem(422, found, told.get("known"), field=place.removeprefix(".") or "body")


def _asked(request: InferRequest, model: Model) -> dict[str, bool]:
    """Return the names of the outputs asked for, in order, with whether they are wanted as bytes."""
    known = [output.name for output in model.bundle.served.outputs]
    otherwise = request.parameters.binary_data_output
    asked: dict[str, bool] = {}
    for place, output in enumerate(request.outputs):
        if output.name not in known or output.name in asked:
            found = "a second" if output.name in asked else "unknown output"
            raise Problem(422, f"{found} {output.name[:100]!r}", ", ".join(known), field=f"outputs[{place}].name")
        binary = output.parameters.binary_data
        asked[output.name] = otherwise if binary is None else binary
    return asked or dict.fromkeys(known, otherwise)


def _output(name: str, values: NDArray[Any], *, binary: bool) -> dict[str, Any]:
    numbers = {"parameters": {"binary_data_size": values.nbytes}} if binary else {"data": values.ravel().tolist()}
    return {"name": name, "datatype": datatype(values.dtype), "shape": values.shape, **numbers}


def _reply(head: bytes, binary: list[memoryview]) -> Reply:
    if not binary:
        return Reply(head)
    headers = ((b"content-type", BINARY.encode()), (_LENGTH, str(len(head)).encode()))
    return Reply(b"".join([head, *binary]), headers)
