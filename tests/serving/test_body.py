import asyncio

import pytest

from reprise.serving.body import Bodies
from reprise.serving.pool import Vanished
from reprise.serving.problem import Problem


def read(bodies: Bodies, *parts: bytes, told: int | None = None, then: str = "http.request"):
    headers = [] if told is None else [(b"content-length", str(told).encode())]
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts[:-1]]
    messages.append({"type": then, "body": parts[-1], "more_body": False})

    async def receive():
        return messages.pop(0)

    return asyncio.run(bodies.read({"headers": headers}, receive))


def status(*arguments, **options) -> int:
    with pytest.raises(Problem) as caught:
        read(*arguments, **options)
    return caught.value.status


def test_a_body_in_one_part_and_in_several() -> None:
    bodies = Bodies(10, 20, 1)
    assert read(bodies, b"abc", told=3) == b"abc"
    assert read(bodies, b"abc", b"", b"def") == b"abcdef"


def test_a_large_body_is_413_told_or_found() -> None:
    bodies = Bodies(4, 20, 1)
    assert status(bodies, b"", told=5) == 413
    assert status(bodies, b"abc", b"de", b"never read") == 413
    assert status(bodies, b"abc", b"de") == 413
    assert status(bodies, b"abcde") == 413
    assert read(bodies, b"abcd") == b"abcd"


def test_memory_for_bodies_is_given_back() -> None:
    bodies = Bodies(10, 10, 1)
    held = [read(bodies, b"12345"), read(bodies, b"12345")]
    assert status(bodies, b"1", b"2") == 503
    for body in held:
        bodies.release(body)
    assert status(bodies, b"12345", b"123456") == 413
    held = read(bodies, b"12345", b"67890")
    assert held == b"1234567890"


def test_a_body_that_does_not_come_is_408_and_holds_nothing() -> None:
    bodies = Bodies(10, 10, 0.01)

    async def receive():
        await asyncio.sleep(0.005)
        return {"type": "http.request", "body": b"1", "more_body": True}

    for _ in range(3):
        with pytest.raises(Problem) as caught:
            asyncio.run(bodies.read({"headers": []}, receive))
        assert caught.value.status == 408
    assert read(bodies, b"12345", b"67890") == b"1234567890"


def test_a_client_that_goes_holds_nothing() -> None:
    bodies = Bodies(10, 10, 1)
    for _ in range(3):
        with pytest.raises(Vanished):
            read(bodies, b"12345", b"", then="http.disconnect")
    assert read(bodies, b"12345", b"67890") == b"1234567890"
