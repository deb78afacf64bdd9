"""What the documentation says of requests: the features, ranges and an example of the bundle that is served."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from fastapi import FastAPI

from reprise.serving.examples import read_example
from reprise.serving.model import Model
from reprise.serving.schemas import Refusal

_WHY = {
    401: "no key, or a wrong one",
    404: "nothing there",
    408: "the body did not come in time",
    413: "too large: the body, or the pixels or seconds in it",
    415: "another content type",
    422: "an input that cannot be used",
    503: "too much to do; `Retry-After` says when to come back",
    504: "no answer in time",
}


# The network computes in float32.
_LARGEST = float(np.finfo(np.float32).max)
_NUMBER = {"type": ["number", "null"], "minimum": -_LARGEST, "maximum": _LARGEST}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the responses for these statuses, for FastAPI."""
    return {status: {"model": Refusal, "description": _WHY[status]} for status in statuses}


def of_bytes(*kinds: str) -> dict[str, Any]:
    """Return the response of these content types, for FastAPI."""
    return {"content": {kind: {} for kind in kinds}}


def document_key(app: FastAPI, open_to_all: Iterable[str]) -> None:
    """Say in the documentation that a key is wanted, but for some paths; its page then asks for it."""
    document = app.openapi()
    for path in open_to_all:
        document["paths"][path]["get"]["security"] = []
    document["components"]["securitySchemes"] = {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}
    document["security"] = [{"key": []}]


def request_body(model: Model, most: int) -> dict[str, Any]:
    """Return the description of the body of a request for predictions of at most `most`, for FastAPI."""
    content: dict[str, Any] = {"application/json": {"schema": _instances(model, most), "example": _example(model)}}
    if model.decoder is not None:
        file = {"type": "string", "contentMediaType": "application/octet-stream", "minLength": 1}
        files = {"type": "array", "items": file, "minItems": 1, "maxItems": most}
        form = {"type": "object", "properties": {"file": files}, "required": ["file"], "additionalProperties": False}
        content["multipart/form-data"] = {"schema": form}
    return {"requestBody": {"required": True, "content": content}}


def named_layers(model: Model) -> dict[str, str]:
    """Return the schema of the names of layers with commas between."""
    names = "|".join(map(re.escape, model.layers))
    return {"pattern": f"^({names})(,({names}))*$"}


def _instances(model: Model, most: int) -> dict[str, Any]:
    item = _row(model) if model.decoder is None else _file()
    instances = {"type": "array", "items": item, "minItems": 1, "maxItems": most}
    return {
        "type": "object",
        "properties": {"instances": instances},
        "required": ["instances"],
        "additionalProperties": False,
    }


def _row(model: Model) -> dict[str, Any]:
    features = {
        one.name: _NUMBER
        | {
            "description": f"in training from {one.min:g} to {one.max:g}, {one.mean:g} on average; null is missing",
        }
        for one in model.bundle.reference
    }
    count = len(features)
    by_name = {
        "type": "object",
        "properties": features,
        "required": list(features),
        "additionalProperties": False,
    }
    in_order = {"type": "array", "items": _NUMBER, "minItems": count, "maxItems": count}
    return {"anyOf": [by_name, in_order]}


def _file() -> dict[str, Any]:
    encoded = {"type": "string", "contentEncoding": "base64", "minLength": 1}
    return {"type": "object", "properties": {"b64": encoded}, "required": ["b64"], "additionalProperties": False}


def _example(model: Model) -> dict[str, Any]:
    if model.decoder is not None:
        return {"instances": [{"b64": "the file in base64"}]}
    return {"instances": [read_example(model.folder / model.bundle.examples[0].file, model.bundle.modality)]}
