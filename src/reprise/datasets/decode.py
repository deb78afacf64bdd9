"""Every file of a source decoded, by several processes, in order."""

import hashlib
import math
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context, parent_process
from pathlib import Path

import numpy as np
from tqdm import tqdm

from reprise.datasets.examples import Example
from reprise.datasets.sources import Source
from reprise.decoding.decoder import Decoded, Decoder
from reprise.decoding.errors import DecodeError
from reprise.errors import DataError, InputError

WORKERS = "REPRISE_WORKERS"

# Bytes of items in one answer of a worker: few enough to keep memory flat, enough to be worth the way.
_ANSWER = 2**21
# Answers that may wait for each worker.
_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Bad:
    """A file that cannot be used, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Used:
    """A file that was decoded, with an example for each of its items."""

    decoded: Decoded
    examples: list[Example]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A file with the same bytes and the same class as an earlier one."""

    file: str


def workers_wanted() -> int:
    """Return how many processes are to decode: `REPRISE_WORKERS`, or as many as there are cores."""
    asked = os.environ.get(WORKERS)
    if not asked:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not asked.isdecimal() or int(asked) == 0:
        raise InputError(WORKERS, repr(asked), "a number of processes")
    return int(asked)


def decode_all(
    source: Source, decoder: Decoder, name: str, max_bad: float, workers: int
) -> Iterator[Used | Repeat | Bad]:
    """Decode every example of `source`, those that the data prescribe for testing first, else in its order.

    A later copy of a file is left out, so that none of the test set trains; copies with another class are bad.
    Raises `DataError` as soon as more than the share `max_bad` of the files is bad.
    """
    first: dict[bytes, Example] = {}
    total, bad = len(source.examples), 0
    for example, digest, answer in _decoded(source, decoder, name, workers):
        earlier = first.setdefault(digest, example)
        contradicts = f"the same bytes as {_place(earlier)}, which is of class {earlier.label!r}"
        found = answer if earlier.label == example.label else contradicts
        if isinstance(found, str):
            bad += 1
            if bad / total > max_bad:
                counted = f"{bad} of {total} files so far" if bad > 1 else f"1 of {total} files"
                where, expected = f"{name}/{_place(example)}", f"at most {max_bad:.2%} of them (decode.max_bad)"
                raise DataError(where, f"{found}; {counted} cannot be used", expected)
            yield Bad(_place(example), found)
        elif earlier is not example:
            yield Repeat(_place(example))
        else:
            yield Used(found, _examples(example, len(found.items)))


def _examples(example: Example, items: int) -> list[Example]:
    if items == 1:
        return [example]
    return [replace(example, clip=clip) for clip in range(1, items + 1)]


def _place(example: Example) -> str:
    return f"{example.file}:{example.row}" if example.row else example.file


_Content = bytes | Path
_Answer = tuple[bytes, Decoded | str]


def _decoded(
    source: Source, decoder: Decoder, name: str, workers: int
) -> Iterator[tuple[Example, bytes, Decoded | str]]:
    """Yield each example with the digest of its bytes, and its items or what is wrong with it."""
    tests = [example for example in source.examples if example.split == "test"]
    others = [example for example in source.examples if example.split != "test"]
    with tqdm(total=len(source.examples), desc=name, unit="file", disable=None, leave=False) as bar:
        for examples in filter(None, (tests, others)):
            for example, (digest, found) in zip(examples, _answers(source, examples, decoder, workers), strict=True):
                yield example, digest, found
                bar.update()


def _answers(source: Source, examples: Sequence[Example], decoder: Decoder, workers: int) -> Iterator[_Answer]:
    contents = source.contents(examples)
    if workers == 1:
        for content in contents:
            yield _decode(decoder, content)
        return
    size = math.prod(decoder.shape) * np.dtype(decoder.dtype).itemsize
    with ProcessPoolExecutor(workers, get_context("spawn"), _start_worker) as pool:
        waiting: deque[Future[list[_Answer]]] = deque()
        try:
            while part := list(islice(contents, max(1, min(32, _ANSWER // size)))):
                with _interrupts_held():
                    waiting.append(pool.submit(_decode_some, decoder, part))
                if len(waiting) == workers * _AHEAD:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BrokenProcessPool:
            expected = f"more memory, or fewer processes by {WORKERS}"
            raise InputError("decoding", "a process was killed from outside", expected) from None
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back, which processes that start meanwhile inherit: the terminal sends it to them, too."""
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker  # of POSIX alone

    resource_tracker.ensure_running()  # started with the first worker, it would let interrupts through to that one
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker() -> None:
    """Leave Ctrl-C to the process that started this one, and end when that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A parent that was killed closes no queue: its workers would wait for work forever.
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _decode_some(decoder: Decoder, contents: Sequence[_Content]) -> list[_Answer]:
    return [_decode(decoder, content) for content in contents]


def _decode(decoder: Decoder, content: _Content) -> _Answer:
    try:
        read = content if isinstance(content, bytes) else content.read_bytes()
    except OSError as error:
        return str(content).encode(), (error.strerror or str(error)).lower()
    digest = hashlib.sha256(read).digest()
    try:
        return digest, decoder.decode(read)
    except DecodeError as error:
        return digest, str(error)
