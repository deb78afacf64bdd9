"""A client that costs little beside the server it measures: a connection that is kept, and requests made beforehand."""

import re
import socket
from typing import Self

_BOUNDARY = b"reprise-promote"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Connection:
    """A connection to a server on this machine, which answers one request at a time."""

    def __init__(self, port: int, patience: float) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def fileno(self) -> int:
        """Return the descriptor that selectors wait for."""
        return self._socket.fileno()

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; return status and body of the answer. Raises `OSError` where none comes in time."""
        self.send(request)
        return self.receive()

    def send(self, request: bytes) -> None:
        """Send a request; the answer is to be received before the next."""
        self._socket.sendall(request)

    def receive(self) -> tuple[int, bytes]:
        """Return status and body of the answer to what was sent."""
        found = self._more()
        while (end := found.find(b"\r\n\r\n")) < 0:
            found += self._more()
        length = _LENGTH.search(found, 0, end)
        whole = end + 4 + (int(length[1]) if length else 0)
        while len(found) < whole:
            found += self._more()
        return int(found[9:12]), found[end + 4 :]

    def _more(self) -> bytes:
        found = self._socket.recv(65536)
        if not found:
            raise ConnectionError("the server closed the connection")
        return found


def prediction_request(content: bytes, modality: str) -> bytes:
    """Return the bytes of a request about one example: a row of JSON, or a file as a form."""
    if modality == "tabular":
        kind, body = b"application/json", b'{"instances":[%b]}' % content
    else:
        kind = b"multipart/form-data; boundary=" + _BOUNDARY
        head = b'Content-Disposition: form-data; name="file"; filename="example"\r\n\r\n'
        body = b"--%b\r\n%b%b\r\n--%b--\r\n" % (_BOUNDARY, head, content, _BOUNDARY)
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (kind, len(body)) + body
