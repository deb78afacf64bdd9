"""The FastAPI app of a bundle."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Never

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from reprise.errors import one_line_errors
from reprise.serving.access import Access
from reprise.serving.body import Bodies
from reprise.serving.cores import cores_available
from reprise.serving.endpoint import BodyRoute
from reprise.serving.fetch import fetch_bundle
from reprise.serving.guard import Guard, problem_of
from reprise.serving.metrics import Metrics
from reprise.serving.model import Model, load_model
from reprise.serving.openapi import document_key
from reprise.serving.pool import Pool
from reprise.serving.prediction_log import open_log
from reprise.serving.routes import add_answers, add_facts, add_health
from reprise.serving.service import Service
from reprise.serving.settings import Settings, read_settings
from reprise.serving.v2 import add_v2

_OPEN = ("/health", "/ready", "/v2/health/live", "/v2/health/ready")


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
        # It would be to whatever host the client names.
        redirect_slashes=False,
    )
    app.state.service = service
    add_answers(app, service)
    add_facts(app, service)
    add_health(app, settings)
    add_v2(app, service)
    app.add_exception_handler(HTTPException, _raise_problem)
    open_to_all = frozenset(filter(None, (*_OPEN, settings.health_route)))
    key = settings.api_key.get_secret_value() if settings.api_key else None
    if key:
        document_key(app, open_to_all)
    posted = [route for route in app.router.routes if isinstance(route, BodyRoute)]
    shortcuts = {route.path: route for route in posted if not route.param_convertors}
    app.add_middleware(Guard, access=Access(key, open_to_all), metrics=service.metrics, shortcuts=shortcuts)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=["X-Request-ID", "Retry-After"],
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
