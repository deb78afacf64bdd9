"""Uploads that cannot be read, and content types of nothing that is understood."""

import random
from collections.abc import Iterator

from .case import BOUNDARY, FORM, JSON, Case, asked, encoded, form, part

_END = f"--{BOUNDARY}--\r\n".encode()
_TYPES = (
    None,
    "",
    ";",
    "/",
    "application",
    "text/plain",
    "text/html",
    "application/xml",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "application/problem+json",
    "application/jsonp",
    "application/json/",
    "application/x-ndjson",
    "multipart/mixed; boundary=b0undary",
    "multipart/form-data-x; boundary=b0undary",
    "image/jpeg",
    "*/*",
    "a" * 8000,
    "text/\xff",
)


def types(body: bytes) -> Iterator[Case]:
    """Yield a good body under content types that nothing is known of."""
    for kind in _TYPES:
        yield Case(f"content type {kind!r}"[:60], body, kind, (415,))


def no_forms(good: bytes) -> Iterator[Case]:
    """Yield uploads to a model of rows, which has no use for them."""
    yield Case("a form for rows", form(good), FORM, (415,))


def boundaries(good: bytes) -> Iterator[Case]:
    """Yield good forms under a boundary that is missing, or another's."""
    for kind in (
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary",
        'multipart/form-data; boundary=""',
        "multipart/form-data; charset=utf-8",
        "multipart/form-data; boundary=other",
        "multipart/form-data; boundary=" + "b" * 10_000,
        "multipart/form-data; boundary=\xff",
        'multipart/form-data; boundary="b0undary',
        "multipart/form-data; Boundary:b0undary",
        "multipart/form-data boundary=b0undary",
    ):
        statuses = (415, 422) if ";" not in kind else (422,)
        yield Case(f"a form as {kind[:60]!r}", form(good), kind, statuses)
    yield Case("json as a form", asked(encoded(good)), FORM)
    yield Case("a form as json", form(good), JSON)
    yield Case("a file as a form", good, FORM)
    yield Case("a file as json", good, JSON)


def forms(good: bytes, most: int) -> Iterator[Case]:
    """Yield forms without a file, with something else, or of another make."""
    field = 'form-data; name="file"'
    plain = part(good).split(b"\r\n", 2)[2]
    for name, body in (
        ("nothing", b""),
        ("only its end", _END),
        ("a field", part(good, field) + _END),
        ("a field of text", part(b"hello", field) + _END),
        ("a field after a file", part(good) + part(b"1", 'form-data; name="layers"') + _END),
        ("an empty file", form(b"")),
        ("an empty file after another", form(good, b"")),
        ("no file chosen", part(b"", 'form-data; name="file"; filename=""') + _END),
        ("no name", part(good, "form-data") + _END),
        ("no name but a file name", part(good, 'form-data; filename="a"') + _END),
        ("an attachment", part(good, 'attachment; filename="a"') + _END),
        ("an empty disposition", part(good, "") + _END),
        ("a disposition that is never closed", part(good, 'form-data; name="file; filename="a') + _END),
        ("no disposition", f"--{BOUNDARY}\r\nContent-Type: image/png\r\n".encode() + plain + _END),
        ("no headers", f"--{BOUNDARY}\r\n\r\n".encode() + good + b"\r\n" + _END),
        ("a header without a colon", f"--{BOUNDARY}\r\nContent-Disposition\r\n\r\n".encode() + good + _END),
        ("a header that never ends", f"--{BOUNDARY}\r\nX: ".encode() + b"x" * 200_000),
        ("headers without end", f"--{BOUNDARY}\r\n".encode() + b"X-A: b\r\n" * 20_000),
        ("a header of no letters", f"--{BOUNDARY}\r\n\0\xff: a\r\n\r\n".encode("latin-1") + good + _END),
        ("a name without end", part(good, 'form-data; name="' + "n" * 100_000) + _END),
        ("without its end", part(good)),
        ("without its end, nor of a line", part(good)[:-2]),
        ("without a boundary at its start", part(good)[2:] + _END),
        ("lines of another system", form(good).replace(b"\r\n", b"\n")),
        ("boundaries alone", f"--{BOUNDARY}\r\n".encode() * 5),
        ("too many files", form(*[b"x"] * (most + 1))),
        ("base64 in words", part(encoded(good)["b64"].encode()) + _END),
        ("base64 that is none", _coded(b"base64", b"!" * 99)),
        ("a form inside", part(form(good)) + _END),
    ):
        yield Case(f"form: {name}", body, FORM)


def _coded(coding: bytes, content: bytes) -> bytes:
    head = b'--%s\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n' % BOUNDARY.encode()
    return head + b"Content-Transfer-Encoding: " + coding + b"\r\n\r\n" + content + b"\r\n" + _END


def cut_forms(good: bytes, count: int, draw: random.Random) -> Iterator[Case]:
    """Yield forms that end before their end, as those of clients that were cut off do."""
    body = form(good)
    for number in range(count):
        head = body.index(b"\r\n\r\n") + 4
        place = draw.randrange(head) if number % 2 else draw.randrange(head, len(body) - len(_END))
        yield Case(f"form cut at {place}", body[:place], FORM)


def base64s(good: bytes) -> Iterator[Case]:
    """Yield instances whose base64 is none."""
    text = encoded(good)["b64"]
    for name, value in (
        ("empty", ""),
        ("one letter", "A"),
        ("without padding", text.rstrip("=") + ("A" if len(text.rstrip("=")) % 4 == 0 else "")),
        ("padding alone", "===="),
        ("padding first", "=" + text),
        ("in lines", "\r\n".join(text[place : place + 76] for place in range(0, len(text), 76))),
        ("a data URL", f"data:image/png;base64,{text}"),
        ("an address", "https://example.com/cat.jpg"),
        ("a path", "/etc/passwd"),
        ("for URLs", text[:-8] + "-_-_" + text[-4:]),
        ("another alphabet", "\u0430\u0431\u0432\u0433"),
        ("a lone surrogate", "\ud800"),
        ("nul", "AAA\0"),
        ("hexadecimal", "0x" + good[:100].hex() + "0"),
        ("a number", 1),
        ("bytes as numbers", list(good[:20])),
        ("null", None),
        ("an object", {"b64": text}),
    ):
        yield Case(f"base64: {name}", asked({"b64": value}))
    for name, instance in (
        ("another key", {"base64": text}),
        ("upper case", {"B64": text}),
        ("a key more", {"b64": text, "name": "cat.jpg"}),
        ("text", text),
        ("in a list", [{"b64": text}]),
        ("pixels", [[0, 0, 0], [255, 255, 255]]),
        ("a row", {"alcohol": 13.0}),
    ):
        yield Case(f"file: {name}", asked(instance))
