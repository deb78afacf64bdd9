"""What is measured: a server, and the model alone."""

import selectors
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle
from typing import Any, Protocol

from reprise.promotion.client import Connection
from reprise.serving.cores import cores_available
from reprise.serving.examples import read_example
from reprise.serving.model import Model


class Subject(Protocol):
    """Something that answers."""

    def times(self, seconds: float) -> list[float]:
        """Return the seconds that each answer took, one after the other, of those begun within `seconds`."""

    def rate(self, seconds: float) -> float:
        """Return answers a second, as many at once as it is made for."""


class Alone:
    """A model that decodes and answers its examples in a loop: ONNX Runtime without a server."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._instances = [
            read_example(model.folder / example.file, model.bundle.modality) for example in model.bundle.examples
        ]
        # The server answers rows in its event loop, which is one thread, and files in one thread a core.
        self._threads = 1 if model.quick else cores_available()

    def times(self, seconds: float) -> list[float]:
        """Return the seconds that each answer took."""
        return _times(self._answer, self._instances, seconds)

    def rate(self, seconds: float) -> float:
        """Return answers a second of as many loops as the server has threads."""
        with ThreadPoolExecutor(self._threads) as pool:
            loops = list(pool.map(self.times, [seconds] * self._threads))
        return sum(len(taken) / sum(taken) for taken in loops)

    def _answer(self, instance: Any) -> None:
        self._model.answer([self._model.decode(instance)])


class Served:
    """A server that is asked the same requests again and again; raises `ConnectionError` where it refuses one."""

    def __init__(self, port: int, requests: Sequence[bytes], connections: int, patience: float) -> None:
        self._port, self._requests, self._connections, self._patience = port, requests, connections, patience

    def times(self, seconds: float) -> list[float]:
        """Return the seconds that each answer took over one connection."""
        with Connection(self._port, self._patience) as connection:
            return _times(lambda request: _check(connection.ask(request)), self._requests, seconds)

    def rate(self, seconds: float) -> float:
        """Return answers a second over all connections; each sends its next request when it is answered."""
        requests = cycle(self._requests)
        with ExitStack() as stack, selectors.DefaultSelector() as selector:
            for _ in range(self._connections):
                connection = stack.enter_context(Connection(self._port, self._patience))
                selector.register(connection, selectors.EVENT_READ)
                connection.send(next(requests))
            count, start, now = 0, time.perf_counter(), 0.0
            while now < seconds or not count:
                for key, _ in selector.select(self._patience):
                    _check(key.fileobj.receive())  # type: ignore[union-attr]
                    key.fileobj.send(next(requests))  # type: ignore[union-attr]
                    count += 1
                now = time.perf_counter() - start
        return count / now


def _times(answer: Callable[[Any], None], asked: Sequence[Any], seconds: float) -> list[float]:
    taken: list[float] = []
    start = now = time.perf_counter()
    for one in cycle(asked):
        answer(one)
        before, now = now, time.perf_counter()
        taken.append(now - before)
        if now - start >= seconds:
            break
    return taken


def _check(answer: tuple[int, bytes]) -> None:
    status, body = answer
    if status != 200:
        raise ConnectionError(f"{status}: {body[:200].decode(errors='replace')}")
