"""The few errors that a person can cause, and how a command ends on one of them."""

import errno
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# What a disk or its permissions can refuse. Any other OSError is a bug of ours and keeps its traceback.
_REFUSED = {
    getattr(errno, name)
    for name in ("ENOSPC", "EROFS", "EACCES", "EPERM", "EDQUOT", "EFBIG", "EEXIST", "ENOTDIR", "EISDIR")
    if hasattr(errno, name)
}
# The same from a database: the low byte of its error codes.
_SQLITE_REFUSED = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}


class InputError(Exception):
    """What a person gave is wrong.

    Its text is one line: the file or key, what was found there, and what was expected.
    """

    def __init__(self, where: str, found: str, expected: str) -> None:
        super().__init__(f"{where}: {found}; expected {expected}")


class ParamsError(InputError):
    """A value in `params.yaml` is wrong."""


class DataError(InputError):
    """The raw data cannot be used."""


class ArtifactError(InputError):
    """A file that an earlier stage wrote is missing or damaged."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """End the process with one line on standard error and exit code 1 where a person can mend the cause."""
    try:
        yield
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        sys.exit(130)
    except Exception as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        sys.exit(f"error: {refusal}; expected room and the right to write")


def _refusal(error: BaseException | None) -> str | None:
    """Return what a disk refused, where that is what lies under `error`: a library may have made its own of it."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _REFUSED:
            return f"{error.filename or 'the disk'}: {(error.strerror or str(error)).lower()}"
        if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF in _SQLITE_REFUSED:
            return f"a database of DVC: {error}"
        error = error.__cause__ or error.__context__
    return None
