"""The few errors that a person can cause, and how a command ends on one of them."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# What a disk or its permissions can refuse. Any other OSError is a bug of ours and keeps its traceback.
_REFUSED = {
    getattr(errno, name)
    for name in ("ENOSPC", "EROFS", "EACCES", "EPERM", "EDQUOT", "EFBIG", "ENOTDIR", "EISDIR")
    if hasattr(errno, name)
}


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
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        place = error.filename or "the disk"
        sys.exit(f"error: {place}: {(error.strerror or str(error)).lower()}; expected room and the right to write")
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        sys.exit(130)
