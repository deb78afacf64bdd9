"""Bad JSON around good instances."""

import json
import random
from collections.abc import Iterator
from typing import Any

from .case import Case, asked

_WRONG = (None, True, 0, -1.5, "text", "", [], {})


def damages(body: bytes, count: int, draw: random.Random) -> Iterator[tuple[str, bytes]]:
    """Yield what is no JSON any more: cut short, without a sign that holds it together, or no UTF-8."""
    joints = [place for place, sign in enumerate(body) if sign in b'{}[]":,']
    for number in range(count):
        kind = ("cut", "joint", "byte", "sign")[number % 4]
        if kind == "cut":
            bad = body[: draw.randrange(1, len(body))]
        elif kind == "joint":
            place = draw.choice(joints)
            bad = body[:place] + body[place + 1 :]
        else:
            place = draw.randrange(len(body))
            # Neither half a letter of UTF-8 nor any of these stands anywhere in JSON, unless in a text that it changes.
            sign = draw.randrange(128, 256) if kind == "byte" else draw.choice(b"\0\x01\x07\x0b\x1f\x7f'`;")
            bad = body[:place] + bytes([sign]) + body[place + (body[place] in b'{}[]":,') :]
        yield f"json {kind} {number}", bad


def envelopes(good: Any, most: int) -> Iterator[Case]:
    """Yield bodies that hold no list of instances, and some that hold too few or too many."""
    for value in _WRONG:
        yield Case(f"body is {value!r}", json.dumps(value).encode())
        if value != []:
            yield Case(f"instances are {value!r}", json.dumps({"instances": value}).encode())
        yield Case(f"one instance is {value!r}", asked(good, value))
    instance = json.dumps(good)
    for name, body in (
        ("empty", ""),
        ("white space", " \n\t"),
        ("two bodies", f'{{"instances": [{instance}]}} {{"instances": [{instance}]}}'),
        ("comment", f'{{"instances": [{instance}] /* all */}}'),
        ("comma too many", f'{{"instances": [{instance},]}}'),
        ("another key", f'{{"instances": [{instance}], "instance": 1}}'),
        ("one letter", f'{{"instance": [{instance}]}}'),
        ("upper case", f'{{"INSTANCES": [{instance}]}}'),
        ("parameters", f'{{"instances": [{instance}], "parameters": {{"confidence": 1}}}}'),
        ("lone surrogate as key", f'{{"\\ud800": [{instance}]}}'),
        ("lone surrogate", '{"instances": [{"\\udfff": 1}]}'),
        ("nul", '{"instances": [{"\\u0000": 1}]}'),
        ("python", "{'instances': []}"),
        ("form in words", "instances=1"),
        ("html", "<html><body>instances</body></html>"),
        ("none", '{"instances": []}'),
        ("too many", json.dumps({"instances": [good] * (most + 1)})),
        ("nan", '{"instances": NaN}'),
        ("nan inside", '{"instances": [NaN]}'),
        ("number too many digits", '{"instances": [[' + "9" * 5000 + "]]}"),
        ("exponent", '{"instances": [[1e999]]}'),
        ("exponent of many digits", '{"instances": [[1e' + "9" * 1000 + "]]}"),
        ("long key", json.dumps({"k" * 100_000: 1})),
        ("keys without end", json.dumps(dict.fromkeys(map(str, range(10_000))))),
    ):
        yield Case(f"json: {name}", body.encode())
    for depth in (50, 199, 201, 1000, 100_000):
        yield Case(f"lists {depth} deep", b'{"instances": ' + b"[" * depth + b"]" * depth + b"}")
        yield Case(f"objects {depth} deep", b'{"instances": [' + b'{"a":' * depth + b"1" + b"}" * depth + b"]}")
        yield Case(f"lists {depth} deep without end", b'{"instances": ' + b"[" * depth)
    for codec in ("utf-16", "utf-32", "utf-8-sig"):
        yield Case(f"in {codec}", asked(good).decode().encode(codec))
