"""The prediction log: a line for each prediction, written before its answer is sent."""

import errno
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from reprise.errors import InputError
from reprise.serving.claims import lock
from reprise.serving.parts import Parts

_FOLDER = "a folder that can be written to"


class PredictionLog(Protocol):
    """What the server writes its predictions to."""

    def write(self, lines: bytes) -> None:
        """Write whole lines, from any thread; never raises; returns once the operating system has them."""

    def close(self) -> None:
        """Finish what is written, and upload it where that is asked for; ends within some seconds."""


class NoLog:
    """The log of those who want none."""

    def write(self, lines: bytes) -> None:
        """Write nothing."""

    def close(self) -> None:
        """Do nothing."""


def open_log(
    place: str | None,
    part_bytes: int,
    part_seconds: float,
    failed: Callable[[], None],
    spool: str | None = None,
) -> PredictionLog:
    """Return the log that writes to `place`: None for none, a folder, or a URL that fsspec knows.

    The files are called `predictions-<UTC start>-<host>-<pid>-<token>-<number>.jsonl` and of at most `part_bytes`
    each, unless one line is longer; that of a killed process may end in half a line. To a URL they are uploaded when
    they are full and at the latest `part_seconds` after their first line, without that half. Until then they lie in a
    folder of `spool` (default: `reprise-log` among the temporary files), and what an earlier process left there goes
    with them. `failed` is called, from any thread, for each write and each upload that did not succeed. Raises
    `InputError` where the folder cannot be written to, or nothing here knows the URL.
    """
    if place is None:
        return NoLog()
    if "://" not in place:
        folder = Path(place)
        _prepare(folder, 0o777, "REPRISE_LOG", f"{_FOLDER}, or a URL such as gs://bucket/folder")
        return Parts(folder, part_bytes, failed)
    from reprise.serving.upload import Upload, check_url

    check_url(place)
    folder = Path(spool or _default_spool()) / quote(place.rstrip("/"), safe="")
    # Predictions can be personal, and temporary files lie where everyone looks.
    _prepare(folder, 0o700, "REPRISE_LOG_SPOOL", _FOLDER)
    return Upload(place, folder, part_bytes, part_seconds, failed)


def _default_spool() -> Path:
    try:
        return Path(tempfile.gettempdir(), "reprise-log")
    except FileNotFoundError:
        raise InputError("REPRISE_LOG_SPOOL", "not set, and no place for temporary files", _FOLDER) from None


def _prepare(folder: Path, mode: int, setting: str, expected: str) -> None:
    """Make the folder, and try what the log will do in it."""
    try:
        folder.mkdir(mode, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            lock(file.fileno())
    except OSError as error:
        # A server that starts anew on a full disk goes on predicting, as it did before.
        if folder.is_dir() and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return
        reason = (error.strerror or str(error)).lower()
        raise InputError(setting, f"{folder}: {reason}", expected) from None
