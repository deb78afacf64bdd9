"""The FastAPI app of a bundle."""

import asyncio
import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Never

from fastapi import FastAPI, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from reprise.errors import one_line_errors
from reprise.serving.access import Access
from reprise.serving.body import Bodies
from reprise.serving.card import model_card
from reprise.serving.cores import cores_available
from reprise.serving.endpoint import BodyRoute
from reprise.serving.fetch import fetch_bundle
from reprise.serving.guard import Guard, problem_of
from reprise.serving.metrics import Metrics
from reprise.serving.model import Model, load_model
from reprise.serving.openapi import named_layers, refusals, request_body
from reprise.serving.page import Page
from reprise.serving.pool import Pool
from reprise.serving.predict import predict, represent
from reprise.serving.prediction_log import open_log
from reprise.serving.problem import Problem
from reprise.serving.schemas import Health, ModelCard, Predictions, Representations
from reprise.serving.service import Service
from reprise.serving.settings import Settings, read_settings
from reprise.serving.v2 import add_v2

_OPEN = ("/health", "/ready", "/v2/health/live", "/v2/health/ready")
_POSTED = (400, 401, 408, 413, 415, 422, 503, 504)


def create_app() -> FastAPI:
    """Make the app as the environment says; a person's mistake ends the process with one line and exit code 1."""
    with one_line_errors():
        return build_app(read_settings())


def build_app(settings: Settings) -> FastAPI:
    """Make the app of the bundle that the settings name, once it has answered its examples.

    Raises `ArtifactError` where it cannot be served, and `InputError` where its log cannot be written.
    """
    model = load_model(fetch_bundle(settings.bundle), settings.max_pixels, settings.max_seconds)
    service = _service(settings, model)
    app = FastAPI(
        title=f"Reprise: {model.bundle.task}",
        description=f"Tells {', '.join(model.bundle.classes)} apart.",
        version=model.bundle.served.sha256[:12],
        lifespan=_lifespan(service),
    )
    app.state.service = service
    _add_answers(app, service)
    _add_facts(app, service)
    _add_health(app, settings)
    add_v2(app, service)
    app.add_exception_handler(HTTPException, _raise_problem)
    open_to_all = frozenset(filter(None, (*_OPEN, settings.health_route)))
    key = settings.api_key.get_secret_value() if settings.api_key else None
    app.add_middleware(Guard, access=Access(key, open_to_all), metrics=service.metrics)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=settings.origins, allow_methods=["GET", "POST"], allow_headers=["*"]
        )
    return app


def _service(settings: Settings, model: Model) -> Service:
    metrics = Metrics(model.bundle)
    return Service(
        settings=settings,
        model=model,
        metrics=metrics,
        log=open_log(settings.log, settings.log_bytes, settings.log_seconds, metrics.log_failed, settings.log_spool),
        pool=Pool(settings.threads or cores_available(), settings.queue, metrics.queued),
        bodies=Bodies(settings.max_body_bytes, settings.max_buffered_bytes, settings.timeout),
    )


def _lifespan(service: Service) -> Any:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        refreshing = asyncio.create_task(_refresh(service.metrics))
        yield
        refreshing.cancel()
        with suppress(asyncio.CancelledError):
            await refreshing
        service.pool.close()
        await asyncio.to_thread(service.log.close)

    return lifespan


async def _refresh(metrics: Metrics) -> Never:
    while True:
        await asyncio.sleep(1)
        metrics.refresh()


async def _raise_problem(_: Request, error: Exception) -> Never:
    assert isinstance(error, HTTPException)
    raise problem_of(error)


def _add_answers(app: FastAPI, service: Service) -> None:
    async def predictions() -> None:
        """Tell the class of each row or file, in order."""

    known = f"some of {', '.join(service.model.layers)}; all without"

    names = Query(description=known, json_schema_extra=named_layers(service.model))

    async def representations(layers: Annotated[str | None, names] = None) -> None:
        """Return what the named layers of the network make of each row or file, in order."""

    body = request_body(service.model)
    for path in dict.fromkeys(("/predict", service.settings.predict_route or "/predict")):
        responses = {200: {"model": Predictions}, **refusals(*_POSTED)}
        route = BodyRoute(path, service, predict, predictions, responses=responses, openapi_extra=body)
        app.router.routes.insert(0, route)  # routes are tried in order, and this one is asked for most
    responses = {200: {"model": Representations}, **refusals(*_POSTED, 404)}
    route = BodyRoute("/representations", service, represent, representations, responses=responses, openapi_extra=body)
    app.router.routes.append(route)


def _add_facts(app: FastAPI, service: Service) -> None:
    card, folder = model_card(service), service.model.folder
    examples = {Path(example.file).name: folder / example.file for example in service.model.bundle.examples}
    page = Page()

    @app.get("/model", responses=refusals(401))
    async def model() -> ModelCard:
        """Tell what the model is: classes, metrics, parameters, hashes, what it accepts."""
        return card

    @app.get("/examples/{name}", responses=refusals(401, 404, 422), response_class=FileResponse)
    async def example(name: Annotated[str, InPath(json_schema_extra={"enum": list(examples)})]) -> FileResponse:
        """Return a test input of the bundle as it was."""
        if name not in examples:
            raise Problem(404, "no such example", f"one of {', '.join(examples)}")
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return FileResponse(examples[name], media_type=kind)

    @app.get("/metrics", responses=refusals(401), response_class=Response)
    def metrics() -> Response:
        """Return the metrics for Prometheus."""
        content, kind = service.metrics.render()
        return Response(content, headers={"content-type": kind})

    @app.get("/", include_in_schema=False)
    async def index() -> Response:
        """Return the page for people."""
        return page.response()


def _add_health(app: FastAPI, settings: Settings) -> None:
    async def health() -> Health:
        """Tell that the server lives."""
        return Health(status="ok")

    @app.get("/ready")
    async def ready() -> Health:
        """Tell that the model was loaded and answered its examples, without which the server does not start."""
        return Health(status="ready")

    for path in dict.fromkeys(("/health", settings.health_route or "/health")):
        app.add_api_route(path, health)
