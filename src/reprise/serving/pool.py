"""Threads for what must not run in the event loop: few at once, a bounded queue before them, a deadline for each."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.types import Receive

from reprise.serving.problem import Problem

_T = TypeVar("_T")

# Share of the latest call in the average time of a call.
_WEIGHT = 0.1


class Vanished(Exception):  # noqa: N818 (nothing went wrong here)
    """The client is gone; nobody waits for the answer."""


class Deadline:
    """Until when a request is worth working on."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.end, self.over = seconds, time.monotonic() + seconds, False

    def check(self) -> None:
        """Raise `Problem` 504 when it is over; called between the steps of the work."""
        if self.over or time.monotonic() > self.end:
            raise self.passed()

    def passed(self) -> Problem:
        """Return what is said then."""
        return Problem(504, f"no answer within {self.seconds:g} seconds", "a smaller request, or another try")


class Pool:
    """Runs calls in at most `threads` threads, with at most `queue` waiting; `queued` hears of each change of that."""

    def __init__(self, threads: int, queue: int, queued: Callable[[int], None]) -> None:
        self._threads, self._queue, self._queued = threads, queue, queued
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="pool")
        self._free, self._seconds = threads, 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def check(self, timeout: float) -> None:
        """Raise `Problem` 503 where a new call would not be answered in time."""
        count = len(self._waiting)
        wait = count * self._seconds / self._threads
        if count >= self._queue or wait > timeout / 2:
            headers = ((b"retry-after", str(max(1, math.ceil(wait))).encode()),)
            raise Problem(503, f"{count} requests wait already", "another try later", headers=headers)

    async def run(self, work: Callable[[], _T], deadline: Deadline, receive: Receive) -> _T:
        """Return what `work` returns, or raise what it raises.

        Raises `Problem`: 503 at once where too many wait, 504 when the deadline passes; `Vanished` when the client
        goes. Work that has begun then ends at its next look at the deadline; what waits is never begun.
        """
        # After the body nothing is received but that the client went.
        gone = asyncio.ensure_future(receive())
        try:
            await self._thread(deadline, gone)
            call = asyncio.get_running_loop().run_in_executor(self._executor, work)
            # A thread cannot be stopped: it is free when the work has ended, whoever still waits for it.
            call.add_done_callback(self._ended(time.monotonic()))
            await _first(call, deadline, gone)
            return call.result()
        finally:
            gone.cancel()

    def close(self) -> None:
        """Wait for the threads."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    async def _thread(self, deadline: Deadline, gone: "asyncio.Future[Any]") -> None:
        """Take a thread, in the order of coming."""
        if self._free:
            self._free -= 1
            return
        self.check(deadline.seconds)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._queued(len(self._waiting))
        try:
            await _first(turn, deadline, gone)
        except BaseException:
            if turn.done():
                self._release()
            else:
                self._waiting.remove(turn)
            raise
        finally:
            self._queued(len(self._waiting))

    def _release(self) -> None:
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._free += 1

    def _ended(self, start: float) -> Callable[["asyncio.Future[Any]"], None]:
        def ended(call: "asyncio.Future[Any]") -> None:
            self._release()
            self._seconds += _WEIGHT * (time.monotonic() - start - self._seconds)
            call.exception()  # heard, should nobody wait for it any more

        return ended


async def _first(wanted: "asyncio.Future[Any]", deadline: Deadline, gone: "asyncio.Future[Any]") -> None:
    """Wait for `wanted`; raise `Problem` 504 where the deadline, `Vanished` where the end of the client is first."""
    left = max(0.0, deadline.end - time.monotonic())
    try:
        await asyncio.wait({wanted, gone}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:  # the server ends
        deadline.over = True
        raise
    if not wanted.done():
        deadline.over = True
        raise Vanished if gone.done() else deadline.passed()
