"""What surrounds every request: its id, the key, one form for all errors, the counting."""

import asyncio
import logging
import os
import re
import time
from collections.abc import Mapping, MutableMapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from reprise.serving.access import Access
from reprise.serving.body import BUSY
from reprise.serving.endpoint import BodyRoute, respond
from reprise.serving.metrics import Metrics
from reprise.serving.pool import Vanished
from reprise.serving.problem import Problem

_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_GONE = 499  # nginx's number for a client that did not wait; nobody receives it
_JSON = (b"content-type", b"application/json")

_logger = logging.getLogger("reprise")


class Guard:
    """ASGI middleware: every answer carries `X-Request-ID`, every error is the same JSON, nothing escapes.

    What is posted to the path of a route of `shortcuts` goes straight there: below lies nothing that such a route
    needs, and it takes as long as the answer to a table row.
    """

    def __init__(self, app: ASGIApp, access: Access, metrics: Metrics, shortcuts: Mapping[str, BodyRoute]) -> None:
        self._app, self._access, self._metrics, self._shortcuts = app, access, metrics, shortcuts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        request_id = scope["request_id"] = _request_id(scope)
        status = 0

        async def tell(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            self._access.check(path, scope["headers"])
            route = self._shortcuts.get(path) if scope["method"] == "POST" else None
            if route is None:
                await self._app(scope, receive, tell)
            else:
                scope["route"] = route
                await route.app(scope, receive, tell)
        except Problem as problem:
            # Frames in it refer to it: a circle that would hold the body and what was made of it until it is collected.
            problem.__traceback__ = problem.__context__ = None
            await _refuse(tell, problem, request_id)
            _log(scope, request_id, problem.status, problem.message)
        except Vanished:
            status = _GONE
            _log(scope, request_id, status, "the client went away")
        except asyncio.CancelledError:
            ended = Problem(503, "the server ends", "another try", headers=BUSY)
            _log(scope, request_id, ended.status, ended.message)
            # The request ends with this, as it was told to.
            await _refuse(tell, ended, request_id)
        except Exception:
            _logger.exception("%s: 500: a bug, request %s", _asked(scope), request_id)
            if status:
                raise
            await _refuse(tell, Problem(500, "an error of the server"), request_id)
        finally:
            self._metrics.request(_route(scope), _method(scope), status, time.perf_counter() - start)


def problem_of(error: HTTPException) -> Problem:
    """Return what is said of an error of the router: an unknown path or method."""
    headers = [(name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items()]
    return Problem(error.status_code, error.detail.lower(), headers=headers)


async def _refuse(send: Send, problem: Problem, request_id: str) -> None:
    await respond(send, problem.status, problem.body(request_id), (_JSON, *problem.headers))


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(value):
            return bytes(value).decode()
    return os.urandom(8).hex()


def _log(scope: Scope, request_id: str, status: int, text: str) -> None:
    _logger.warning("%s: %d: %s, request %s", _asked(scope), status, text, request_id)


def _asked(scope: Scope) -> str:
    # As it came, with its escapes: the path could break a line of the log.
    return f"{scope['method']} {scope['raw_path'].decode('latin-1')}"


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "other")


def _method(scope: Scope) -> str:
    method = str(scope["method"])
    return method if method in _METHODS else "other"


_METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS"})
