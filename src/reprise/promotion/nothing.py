"""A server that reads a request and answers the same to each: what HTTP alone costs on the machine at hand."""

from typing import Any

# As long as the answer about one row or file.
_BODY = b'{"nothing":"%b"}' % (b"-" * 256)
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY))],
}
_END = {"type": "http.response.body", "body": _BODY}


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer an ASGI request."""
    assert scope["type"] == "http"
    while (await receive()).get("more_body"):
        pass
    await send(_START)
    await send(_END)
