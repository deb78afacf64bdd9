"""HTTP as uvicorn reads and writes it, with an end to headers, and our form for what is no HTTP."""

import asyncio
import os
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from reprise.serving.problem import Problem

# Bytes of a request beside its body: the path and the headers. nginx takes 32 KB, most clients send less than one.
_LARGEST = 65536


class _Joining:
    """A transport that sends the head of an answer together with its body: one packet, where uvicorn makes two."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._head: bytes | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send, but a head wait for what the same turn of the loop still brings."""
        if self._head is not None:
            head, self._head = self._head, None
            self._transport.writelines((head, data))
        elif data.startswith(b"HTTP/1.1 "):
            self._head = data
            self._loop.call_soon(self._flush)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Close when all is sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._head is not None:
            head, self._head = self._head, None
            self._transport.write(head)


class Protocol(HttpToolsProtocol):
    """A connection. Unlike uvicorn's it is closed when headers have no end, which would fill the memory."""

    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        super().connection_made(cast("asyncio.Transport", _Joining(transport, self.loop)))

    def data_received(self, data: bytes) -> None:
        """Count and read what came."""
        self._head += len(data)
        super().data_received(data)
        if self._head > _LARGEST and not self.transport.is_closing():
            self._refuse(Problem(431, "headers too large", f"at most {_LARGEST} bytes"))

    def on_body(self, body: bytes) -> None:
        """Take a part of a body, which has limits of its own."""
        self._head = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Take the end of a request."""
        self._head = 0
        super().on_message_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; one whose client does not read its answer would never end of itself."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read."""
        self._refuse(Problem(400, msg.removesuffix(".").lower()))

    def _refuse(self, problem: Problem) -> None:
        request_id = os.urandom(8).hex()
        self.logger.warning("%d: %s, request %s", problem.status, problem.message, request_id)
        body = problem.body(request_id)
        head = (
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"x-request-id: {request_id}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[problem.status] + head.encode() + body)
        self.transport.close()
