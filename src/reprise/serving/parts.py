"""A folder of parts: files of whole lines that one process alone writes to."""

import errno
import itertools
import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from reprise.serving.claims import BINARY, lock
from reprise.serving.outage import Outage

PATTERN = "predictions-*.jsonl"


class Parts:
    """A prediction log in a folder: a new part for the first line, and where one would grow beyond `part_bytes`.

    A part has the access rights `mode`, less the umask, and is locked until it is finished. `failed` is called for
    each write that did not succeed, `changed` where a part is begun or finished.
    """

    def __init__(
        self,
        folder: Path,
        part_bytes: int,
        failed: Callable[[], None],
        mode: int = 0o666,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._folder = folder
        self._part_bytes = part_bytes
        self._mode = mode
        self._changed = changed
        self._outage = Outage(f"writing to {folder}", failed)
        # Containers may share host name and process id.
        host = re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname())
        self._owner = f"{host}-{os.getpid()}-{secrets.token_hex(4)}"
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._file: int | None = None
        self._path = folder
        self._begun = 0.0

    def write(self, lines: bytes) -> None:
        """Hand whole lines to the operating system; never raises, from any thread."""
        with self._lock:
            try:
                self._append(lines)
            except OSError as error:
                self._outage.failed(error)
            else:
                self._outage.worked()

    def close(self) -> None:
        """Finish the open part; a line that comes later begins another."""
        self.finish(0.0)

    def finish(self, seconds: float) -> None:
        """Finish the open part, if there is one that was begun `seconds` ago or before; never raises."""
        with self._lock:
            age = self.age()
            if age is not None and age >= seconds:
                try:
                    self._finish()
                except OSError as error:
                    self._outage.failed(error)

    def age(self) -> float | None:
        """Return how many seconds ago the open part was begun; None where none is open."""
        return None if self._file is None else time.monotonic() - self._begun

    def _append(self, lines: bytes) -> None:
        size = 0
        if self._file is not None:
            status = os.fstat(self._file)
            size = status.st_size
            # Without a link, the part was removed under us: what is written to it is lost.
            if not status.st_nlink or (size and size + len(lines) > self._part_bytes):
                self._finish()
                size = 0
        file = self._begin() if self._file is None else self._file
        try:
            rest = lines
            while rest:
                rest = rest[os.write(file, rest) :]
        except OSError:
            self._take_back(file, size)
            raise

    def _take_back(self, file: int, size: int) -> None:
        """Cut off half a line; go on in another part, unless this one is empty: what refused may be its size."""
        empty = False
        try:
            os.ftruncate(file, size)
            empty = size == 0
        finally:
            if not empty:
                self._finish()

    def _begin(self) -> int:
        self._folder.mkdir(parents=True, exist_ok=True)
        start = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        path = self._folder / f"predictions-{start}-{self._owner}-{next(self._numbers):06d}.jsonl"
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | BINARY, self._mode)
        try:
            if not lock(file):
                raise BlockingIOError(errno.EAGAIN, "locked by another process", str(path))
        except OSError:
            os.close(file)
            path.unlink(missing_ok=True)
            raise
        self._file, self._path, self._begun = file, path, time.monotonic()
        self._changed()
        return file

    def _finish(self) -> None:
        file, self._file = self._file, None
        assert file is not None
        try:
            empty = os.fstat(file).st_size == 0
        finally:
            os.close(file)
        if empty:
            self._path.unlink(missing_ok=True)
        self._changed()
