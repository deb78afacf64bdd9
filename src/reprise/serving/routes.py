"""The routes of the app but those of the Open Inference Protocol."""

import mimetypes
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Query, Response
from fastapi import Path as InPath

from reprise.serving.card import model_card
from reprise.serving.endpoint import BodyRoute
from reprise.serving.openapi import named_layers, of_bytes, refusals, request_body
from reprise.serving.page import Page
from reprise.serving.predict import predict, represent
from reprise.serving.problem import Problem
from reprise.serving.schemas import Health, ModelCard, Predictions, Representations
from reprise.serving.service import Service
from reprise.serving.settings import Settings

_POSTED = (401, 408, 413, 415, 422, 503, 504)


def add_answers(app: FastAPI, service: Service) -> None:
    """Add what answers about rows and files."""

    async def predictions() -> None:
        """Tell the class of each row or file, in order."""

    known = f"some of {', '.join(service.model.layers)}; all without"

    names = Query(description=known, json_schema_extra=named_layers(service.model))

    async def representations(layers: Annotated[str | None, names] = None) -> None:
        """Return what the named layers of the network make of each row or file, in order."""

    body = request_body(service.model, service.settings.max_instances)
    for path in dict.fromkeys(("/predict", service.settings.predict_route or "/predict")):
        responses = {200: {"model": Predictions}, **refusals(*_POSTED)}
        route = BodyRoute(path, service, predict, predictions, responses=responses, openapi_extra=body)
        app.router.routes.append(route)
    if not service.model.layers:
        return
    responses = {200: {"model": Representations}, **refusals(*_POSTED)}
    route = BodyRoute("/representations", service, represent, representations, responses=responses, openapi_extra=body)
    app.router.routes.append(route)


def add_facts(app: FastAPI, service: Service) -> None:
    """Add what tells about the model and the server, and the page for people."""
    card, folder = model_card(service), service.model.folder
    # In memory: another bundle may take the place of this one.
    examples = {Path(one.file).name: (folder / one.file).read_bytes() for one in service.model.bundle.examples}
    page = Page()

    @app.get("/model", responses=refusals(401))
    async def model() -> ModelCard:
        """Tell what the model is: classes, metrics, parameters, hashes, what it accepts."""
        return card

    kinds = {name: mimetypes.guess_type(name)[0] or "application/octet-stream" for name in examples}

    @app.get(
        "/examples/{name}",
        responses={200: of_bytes(*kinds.values()), **refusals(401, 404, 422)},
        response_class=Response,
    )
    async def example(name: Annotated[str, InPath(json_schema_extra={"enum": list(examples)})]) -> Response:
        """Return a test input of the bundle as it was."""
        if name not in examples:
            raise Problem(404, "no such example", f"one of {', '.join(examples)}")
        return Response(examples[name], media_type=kinds[name])

    @app.get("/metrics", responses={200: of_bytes("text/plain"), **refusals(401)}, response_class=Response)
    def metrics() -> Response:
        """Return the metrics for Prometheus."""
        content, kind = service.metrics.render()
        return Response(content, headers={"content-type": kind})

    @app.get("/", include_in_schema=False)
    async def index() -> Response:
        """Return the page for people."""
        return page.response()


def add_health(app: FastAPI, settings: Settings) -> None:
    """Add what tells whether the server lives."""

    async def health() -> Health:
        """Tell that the server lives."""
        return Health(status="ok")

    @app.head("/ready", include_in_schema=False)
    @app.get("/ready")
    async def ready() -> Health:
        """Tell that the model was loaded and answered its examples, without which the server does not start."""
        return Health(status="ready")

    for path in dict.fromkeys(("/health", settings.health_route or "/health")):
        app.add_api_route(path, health)
        app.add_api_route(path, health, methods=["HEAD"], include_in_schema=False)
