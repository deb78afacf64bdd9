import asyncio
import threading
import time

import pytest

from reprise.serving.pool import Deadline, Pool, Vanished
from reprise.serving.problem import Problem


async def stays() -> dict:
    """Receive as from a client that waits for its answer."""
    await asyncio.sleep(3600)
    return {}


async def goes() -> dict:
    await asyncio.sleep(0.01)
    return {"type": "http.disconnect"}


def in_loop(test):
    """Run an async test with a pool of one thread and a queue of two, and what was heard of the queue."""

    def run() -> None:
        async def start() -> None:
            heard: list[int] = []
            pool = Pool(1, 2, heard.append)
            try:
                await test(pool, heard)
            finally:
                pool.close()

        asyncio.run(start())

    run.__name__ = test.__name__
    return run


@in_loop
async def test_results_and_errors_come_back(pool, heard) -> None:
    assert await pool.run(lambda: 3, Deadline(1), stays) == 3
    with pytest.raises(ZeroDivisionError):
        await pool.run(lambda: 1 / 0, Deadline(1), stays)
    assert heard == []


@in_loop
async def test_no_more_wait_than_the_queue_holds(pool, heard) -> None:
    go = threading.Event()
    calls = [asyncio.ensure_future(pool.run(go.wait, Deadline(5), stays)) for _ in range(4)]
    done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    (refused,) = done
    assert (refused.exception().status, dict(refused.exception().headers)) == (503, {b"retry-after": b"1"})
    assert max(heard) == 2
    go.set()
    assert await asyncio.gather(*(call for call in calls if call is not refused)) == [True] * 3
    assert heard[-1] == 0


@in_loop
async def test_who_waits_past_the_deadline_gets_504_and_is_never_begun(pool, heard) -> None:
    go, begun = threading.Event(), []
    first = asyncio.ensure_future(pool.run(go.wait, Deadline(5), stays))
    await asyncio.sleep(0)
    with pytest.raises(Problem) as caught:
        await pool.run(lambda: begun.append(1), Deadline(0.02), stays)
    assert caught.value.status == 504
    go.set()
    await first
    await pool.run(lambda: None, Deadline(5), stays)
    assert not begun
    assert heard[-1] == 0


@in_loop
async def test_work_that_has_begun_ends_at_its_next_look_and_frees_its_thread(pool, heard) -> None:
    looks = []

    def work() -> None:
        while True:
            time.sleep(0.005)
            looks.append(1)
            deadline.check()

    for receive, expected in ((stays, Problem), (goes, Vanished)):
        deadline = Deadline(0.03 if receive is stays else 5)
        with pytest.raises(expected):
            await pool.run(work, deadline, receive)
        assert await pool.run(lambda: 3, Deadline(5), stays) == 3
        count = len(looks)
        await asyncio.sleep(0.02)
        assert len(looks) == count


@in_loop
async def test_a_queue_that_would_take_too_long_is_full(pool, heard) -> None:
    await pool.run(lambda: time.sleep(0.05), Deadline(5), stays)
    go = threading.Event()
    calls = [asyncio.ensure_future(pool.run(go.wait, Deadline(5), stays)) for _ in range(2)]
    await asyncio.sleep(0.01)
    with pytest.raises(Problem, match="1 requests wait already"):
        pool.check(0.001)
    pool.check(5)
    go.set()
    await asyncio.gather(*calls)
