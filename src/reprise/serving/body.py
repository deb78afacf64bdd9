"""The body of a request, into memory, within limits."""

import asyncio

from starlette.types import Receive, Scope

from reprise.serving.pool import Vanished
from reprise.serving.problem import Problem

BUSY = ((b"retry-after", b"1"),)


class Bodies:
    """Reads bodies of at most `largest` bytes within `timeout` seconds; all that are held take at most `most` bytes."""

    def __init__(self, largest: int, most: int, timeout: float) -> None:
        self._largest, self._most, self._timeout = largest, most, timeout
        self._held = 0

    async def read(self, scope: Scope, receive: Receive) -> bytes:
        """Return the body, to be given back by `release`.

        Raises `Problem`: 413 as soon as it is told or found to be too large, 408 where it does not come in time, 503
        where others fill the memory for bodies; `Vanished` where the client goes.
        """
        self._check(_told(scope))
        body = bytearray()
        try:
            async with asyncio.timeout(self._timeout):
                while await self._part(receive, body):
                    pass
        except TimeoutError:
            self._held -= len(body)
            raise Problem(408, "no whole body", f"one within {self._timeout:g} seconds") from None
        except BaseException:
            self._held -= len(body)
            raise
        return bytes(body)

    def release(self, body: bytes) -> None:
        """Count the memory of a body as free."""
        self._held -= len(body)

    async def _part(self, receive: Receive, body: bytearray) -> bool:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Vanished
        part = message.get("body", b"")
        self._held += len(part)
        body += part
        self._check(len(body))
        return bool(message.get("more_body"))

    def _check(self, size: int) -> None:
        if size > self._largest:
            raise Problem(413, "body too large", f"at most {self._largest} bytes", field="body")
        if self._held > self._most:
            raise Problem(503, "other requests fill the memory for bodies", "another try", headers=BUSY)


def _told(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value)  # the server refused what is no number
    return 0
