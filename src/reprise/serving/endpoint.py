"""The way of a request with a body: limits, then the event loop or the pool, then the answer.

It is plain ASGI below FastAPI's documentation: what FastAPI does for a request takes longer than a table row.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from reprise.serving.pool import Deadline
from reprise.serving.service import Service

Headers = Iterable[tuple[bytes, bytes]]

# Bytes of a table's request that are worth no thread.
_SMALL = 4096


@dataclass(slots=True)
class Call:
    """What a handler gets of a request; `check` raises when nobody waits any more."""

    body: bytes
    headers: dict[bytes, bytes]
    path: dict[str, Any]
    query: bytes
    request_id: str
    check: Callable[[], None]

    @property
    def content_type(self) -> str:
        """The header of this name, empty where there is none."""
        return self.headers.get(b"content-type", b"").decode("latin-1")


@dataclass(slots=True)
class Reply:
    """The body of an answer, and headers beside that of its length."""

    body: bytes
    headers: Headers = ((b"content-type", b"application/json"),)


Handler = Callable[[Service, Call], Reply]


class BodyRoute(APIRoute):
    """A route that FastAPI documents, by the function `documented`, and `handler` answers."""

    def __init__(self, path: str, service: Service, handler: Handler, documented: Any, **options: Any) -> None:
        super().__init__(path, documented, methods=["POST"], **options)
        self._service, self._handler = service, handler
        self.app = self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        service = self._service
        inline = service.model.quick
        if not inline:
            service.pool.check(service.settings.timeout)  # before a large body is read
        body = await service.bodies.read(scope, receive)
        try:
            deadline = Deadline(service.settings.timeout)
            call = Call(
                body,
                dict(scope["headers"]),
                scope.get("path_params", {}),
                scope["query_string"],
                scope["request_id"],
                deadline.check,
            )
            if inline and len(body) <= _SMALL:
                reply = self._handler(service, call)
            else:
                reply = await service.pool.run(partial(self._handler, service, call), deadline, receive)
        finally:
            service.bodies.release(body)
        await respond(send, 200, reply.body, reply.headers)


async def respond(send: Send, status: int, body: bytes, headers: Headers) -> None:
    """Send a whole answer."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})
