"""The Open Inference Protocol V2: the model for those who decode by themselves, as clients of KServe and Triton do."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path

from reprise.serving.endpoint import BodyRoute
from reprise.serving.model import Model
from reprise.serving.openapi import refusals
from reprise.serving.service import Service
from reprise.serving.tensors import datatype, describe
from reprise.serving.v2_infer import BINARY, LENGTH, VERSION, answer_inference, check_model
from reprise.serving.v2_schemas import (
    InferAnswer,
    InferRequest,
    Live,
    ModelMetadata,
    ModelReady,
    Ready,
    ServerMetadata,
)

_JSON_BYTES = {
    "description": "bytes of JSON, where binary tensors follow it",
    "schema": {"type": "integer", "minimum": 0},
}
_POSTED = (401, 404, 408, 413, 415, 422, 503, 504)


def add_v2(app: FastAPI, service: Service) -> None:
    """Add the protocol's routes; the model's name is that of its task, its version 1."""
    _add_server(app)
    task, body = service.model.bundle.task, _documented(service.model)
    metadata = _metadata(service.model)

    async def model() -> ModelMetadata:
        """Tell what the model takes and returns."""
        return metadata

    async def ready() -> ModelReady:
        """Tell that the model can answer."""
        return ModelReady(name=task, ready=True)

    for path, check in _places(task):
        known: dict[str, Any] = {"dependencies": [Depends(check)]}
        app.add_api_route(path, model, responses=refusals(401, 404, 422), **known)
        app.add_api_route(f"{path}/ready", ready, responses=refusals(401, 404, 422), **known)
        responses = {200: _answer(), **refusals(*_POSTED)}
        route = BodyRoute(
            f"{path}/infer", service, answer_inference, infer, responses=responses, openapi_extra=body, **known
        )
        app.router.routes.append(route)


async def infer(request: InferRequest) -> None:
    """Return what the network makes of decoded items, a video's clips apart; they stand in no prediction log."""


def _add_server(app: FastAPI) -> None:
    @app.get("/v2", responses=refusals(401))
    async def server() -> ServerMetadata:
        """Tell what answers, and which extensions of the protocol it knows."""
        return ServerMetadata(name="reprise", version=app.version, extensions=["binary_tensor_data"])

    @app.get("/v2/health/live")
    async def live() -> Live:
        """Tell that the server lives."""
        return Live(live=True)

    @app.get("/v2/health/ready")
    async def ready() -> Ready:
        """Tell that the model was loaded, without which the server does not start."""
        return Ready(ready=True)


def _places(task: str) -> list[tuple[str, Any]]:
    def named(name: Annotated[str, Path(json_schema_extra={"enum": [task]})]) -> None:
        check_model(task, name)

    def versioned(
        name: Annotated[str, Path(json_schema_extra={"enum": [task]})],
        version: Annotated[str, Path(json_schema_extra={"enum": [VERSION]})],
    ) -> None:
        check_model(task, name, version)

    return [("/v2/models/{name}", named), ("/v2/models/{name}/versions/{version}", versioned)]


def _metadata(model: Model) -> ModelMetadata:
    served = model.bundle.served
    return ModelMetadata(
        name=model.bundle.task,
        versions=[VERSION],
        platform="onnxruntime_onnx",
        inputs=[describe(served.input)],
        outputs=[describe(output) for output in served.outputs],
    )


def _documented(model: Model) -> dict[str, Any]:
    content: dict[str, Any] = {BINARY: {"schema": _bytes("the JSON, then the bytes of the input")}}
    if model.decoder is None:
        expected, means = model.bundle.served.input, [one.mean for one in model.bundle.reference]
        tensor = {"name": expected.name, "shape": [1, len(means)], "datatype": datatype(expected.dtype), "data": means}
        content["application/json"] = {"example": {"inputs": [tensor]}}
    return {"requestBody": {"content": content}, "parameters": [{"name": LENGTH, "in": "header"} | _JSON_BYTES]}


def _answer() -> dict[str, Any]:
    content = {BINARY: {"schema": _bytes("the JSON, then the bytes of the outputs that are wanted so")}}
    return {"model": InferAnswer, "content": content, "headers": {LENGTH: _JSON_BYTES}}


def _bytes(description: str) -> dict[str, str]:
    return {"type": "string", "contentMediaType": BINARY, "description": description}
