"""Paths, methods and queries of nothing that is there."""

from collections.abc import Iterator

from .case import Case

_GET = ("/model", "/health", "/ready", "/metrics", "/openapi.json", "/docs", "/")
_NOWHERE = (
    "/nothing",
    "/predict/1",
    "/Predict",
    "/predict%00",
    "/predict%0d%0aX-A:b",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/%ff%fe",
    "//",
    "//predict",
    "/models/bundle/bundle.json",
    "/examples/",
    "/examples",
    "/examples/1",
    "/examples/none.jpg",
    "/examples/bundle.json",
    "/examples/%2e%2e%2fbundle.json",
    "/examples/..%5cbundle.json",
    "/examples/../bundle.json",
    "/examples/....//bundle.json",
    "/examples/1.jpg%00.png",
    "/examples/" + "a" * 20_000,
    "/static/app.js",
    "/.env",
    "/wp-login.php",
    "/v1/models/model:predict",
    "/v2/models/nothing",
    "/v2/models/nothing/infer",
    "/v3/health/live",
)
_LAYERS = (
    "nothing",
    "hidden1,nothing",
    "nothing,layer1",
    "HIDDEN1",
    "probabilities",
    "representation.hidden1",
    "%00",
    "%ff",
    "%ed%a0%80",
    "%F0%9F%8D%B7",
    "hidden1%00",
    "../../etc/passwd",
    "%0d%0aX-A:b",
    "__class__",
    "0",
    "-1",
    "null",
    "*",
    "[]",
    "n" * 10_000,
    ",".join(["nothing"] * 1000),
    "hidden1;layer1",
    "a=b",
    "a&layers=b",
)


def routes(good: bytes, content_type: str) -> Iterator[Case]:
    """Yield what is answered by 404 or 405."""
    for method in ("GET", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
        for path in ("/predict", "/representations"):
            yield Case(f"{method} {path}", b"", None, (405,), method, path)
    for path in _GET:
        for method in ("POST", "DELETE"):
            yield Case(f"{method} {path}", good, content_type, (405,), method, path)
    for path in _NOWHERE:
        yield Case(f"GET {path[:40]}", b"", None, (404, 405), "GET", path)
        yield Case(f"POST {path[:40]}", good, content_type, (404, 405), "POST", path)


def layers(good: bytes, content_type: str) -> Iterator[Case]:
    """Yield good bodies that ask for layers which the network does not have."""
    for query in _LAYERS:
        path = f"/representations?layers={query}"
        yield Case(f"layers={query[:40]}", good, content_type, path=path)
