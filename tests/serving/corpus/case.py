"""A request that a server must refuse, and the ways to write one down."""

import base64
import json
from dataclasses import dataclass
from typing import Any

JSON = "application/json"
BOUNDARY = "b0undary"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


@dataclass(frozen=True)
class Case:
    """A request, and the statuses of which one must be answered."""

    name: str
    body: bytes = b""
    content_type: str | None = JSON
    statuses: tuple[int, ...] = (422,)
    method: str = "POST"
    path: str = "/predict"
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def all_headers(self) -> list[tuple[bytes, bytes]]:
        typed = [] if self.content_type is None else [("content-type", self.content_type)]
        return [(name.encode(), value.encode("latin-1")) for name, value in (*typed, *self.headers)]


def asked(*instances: Any) -> bytes:
    """Return the body that asks about these instances; NaN and Infinity stand there as such."""
    return json.dumps({"instances": instances}).encode()


def encoded(content: bytes) -> dict[str, str]:
    """Return the instance of a file."""
    return {"b64": base64.b64encode(content).decode()}


def part(content: bytes, disposition: str = 'form-data; name="file"; filename="file"') -> bytes:
    """Return a part of a form with its boundary before it."""
    head = f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n"
    return head.encode() + content + b"\r\n"


def form(*contents: bytes) -> bytes:
    """Return the form that uploads these files."""
    return b"".join(map(part, contents)) + f"--{BOUNDARY}--\r\n".encode()
