"""Whose a file is: its writer holds a lock on it until it is finished or the process is dead."""

import mmap
import os
import sys
import time
from pathlib import Path

BINARY = getattr(os, "O_BINARY", 0)  # Windows would write another end of line
_NEW_SECONDS = 60.0

if sys.platform == "win32":
    import msvcrt

    _BEYOND = 2**31 - 2  # what is locked cannot be read by others: a byte that no part has

    def lock(file: int) -> bool:
        """Lock an open file until it is closed; return False where another holds it."""
        os.lseek(file, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def lock(file: int) -> bool:
        """Lock an open file until it is closed; return False where another holds it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def claim(path: Path) -> int | None:
    """Open and lock a file; return None where it is another's, or gone."""
    try:
        file = os.open(path, os.O_RDWR | BINARY)
    except (FileNotFoundError, PermissionError):
        return None
    status = os.fstat(file)
    # Its writer has not locked yet what it made just now.
    if (status.st_size or time.time() - status.st_mtime > _NEW_SECONDS) and lock(file):
        return file
    os.close(file)
    return None


def cut_to_lines(file: int) -> int:
    """Cut off a last line that has no end, which a killed process left, and return the size in bytes."""
    size = os.fstat(file).st_size
    if not size:
        return 0
    with mmap.mmap(file, size, access=mmap.ACCESS_READ) as content:
        whole = content.rfind(b"\n") + 1
    if whole < size:
        os.ftruncate(file, whole)
    return whole


def release(path: Path, file: int) -> None:
    """Remove a claimed file: empty first, for who claims it once it is closed, before which Windows removes none."""
    try:
        os.ftruncate(file, 0)
    finally:
        os.close(file)
    path.unlink(missing_ok=True)
