"""The prediction log in a bucket: parts in a local folder, uploaded by a thread in the background."""

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
from fsspec.core import url_to_fs

from reprise.errors import InputError
from reprise.serving.claims import claim, cut_to_lines, release
from reprise.serving.outage import Outage
from reprise.serving.parts import PATTERN, Parts

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_CLOSE_SECONDS = 5.0
_logger = logging.getLogger(__name__)


def check_url(url: str) -> None:
    """Raise `InputError` unless there is a library for such URLs."""
    try:
        fsspec.get_filesystem_class(url.partition("://")[0])
    except (ValueError, ImportError) as error:
        raise InputError("REPRISE_LOG", f"{url} ({error})", "a folder, or a URL such as gs://bucket/folder") from None


class Upload:
    """A prediction log that writes to a local folder, and moves each part to a URL once it is finished.

    A part is removed here when as many bytes are found there. Every process that writes to the same folder takes
    what has no living owner, those of the dead too.
    """

    def __init__(
        self, url: str, folder: Path, part_bytes: int, part_seconds: float, failed: Callable[[], None]
    ) -> None:
        self._folder = folder
        self._seconds = part_seconds
        self._failed = failed
        self._target = _Target(url)
        self._outage = Outage(f"uploading to {url}", failed)
        self._tries: Counter[str] = Counter()
        self._wake = threading.Event()
        self._closing = False
        self._whole = False
        self._parts = Parts(folder, part_bytes, failed, 0o600, self._wake.set)
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)
        self._thread.start()

    def write(self, lines: bytes) -> None:
        """Hand whole lines to the operating system; never raises, from any thread."""
        self._parts.write(lines)

    def close(self) -> None:
        """Upload what is left, for some seconds at most; the rest stays for the next process."""
        self._parts.close()
        self._closing = True
        self._wake.set()
        self._thread.join(_CLOSE_SECONDS)
        if self._thread.is_alive() or not self._whole:
            _logger.warning("prediction log: not all was uploaded; the next start goes on with %s", self._folder)

    def _run(self) -> None:
        pause = due = 0.0
        while not self._closing:
            self._parts.finish(self._seconds)
            now = time.monotonic()
            if now >= due:
                pause = 0.0 if self._upload() else min(max(2 * pause, _FIRST_PAUSE), _LONGEST_PAUSE)
                due = time.monotonic() + pause
            self._wake.wait(self._rest(due if pause else None))
            self._wake.clear()
        self._whole = self._upload()

    def _rest(self, due: float | None) -> float | None:
        """Return for how many seconds there is nothing to do; None for until something changes."""
        age = self._parts.age()
        waits = [self._seconds - age] if age is not None else []
        if due is not None:
            waits.append(due - time.monotonic())
        return max(0.0, min(waits)) if waits else None

    def _upload(self) -> bool:
        """Move what is finished, and return whether all went well; after a failure the rest waits as well."""
        path = self._folder
        try:
            # What was refused before comes last: it shall not stand in the way of the others.
            for path in sorted(self._folder.glob(PATTERN), key=lambda path: (self._tries[path.name], path.name)):
                self._move(path)
                del self._tries[path.name]
        except Exception as error:  # those of every storage there is
            self._tries[path.name] += 1
            self._outage.failed(error)
            return False
        self._outage.worked()
        return True

    def _move(self, path: Path) -> None:
        file = claim(path)
        if file is None:
            return
        try:
            size = cut_to_lines(file)
            if size:
                self._target.put(path, size)
        except BaseException:
            os.close(file)
            raise
        release(path, file)


class _Target:
    """Where parts go; connected with the first, as that can take many seconds without a network."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._files: Any = None
        self._root = ""

    def put(self, path: Path, size: int) -> None:
        """Upload a file of `size` bytes; raises what the storage raises, and OSError where another size is there."""
        if self._files is None:
            # It writes a traceback for every try of its own.
            logging.getLogger("gcsfs").setLevel(logging.CRITICAL)
            self._files, self._root = url_to_fs(self._url)
        place = f"{self._root.rstrip('/')}/{path.name}"
        self._files.put_file(str(path), place)
        self._files.invalidate_cache()
        found = self._files.size(place)
        if found != size:
            raise OSError(f"{place}: {found} bytes arrived of {size}")
