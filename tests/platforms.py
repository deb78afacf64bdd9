"""What differs between the systems that the tests run on."""

import os
import platform
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

WINDOWS = os.name == "nt"
# Where the README promises the same bytes on every machine.
SAME_BYTES = sys.platform == "linux" and platform.machine() == "x86_64"
# Before Python 3.13, Windows counts the seconds that pass in steps as long as this, or shorter.
TICK = 0.05 if WINDOWS else 0.0


def _can_link() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        try:
            Path(folder, "link").symlink_to("nowhere")
        except OSError:
            return False
    return True


same_bytes = pytest.mark.skipif(not SAME_BYTES, reason="the README promises these bytes on x86-64 under Linux alone")
signals = pytest.mark.skipif(WINDOWS, reason="Windows ends another process without asking it to")
shell = pytest.mark.skipif(WINDOWS, reason="the lines are for a POSIX shell")
removes_open_files = pytest.mark.skipif(WINDOWS, reason="Windows removes no file that is open")
links = pytest.mark.skipif(not _can_link(), reason="symbolic links cannot be made here: Windows asks for a privilege")


def is_root() -> bool:
    """Return whether this process may do everything; on Windows there is no such user."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def slashes(text: str) -> str:
    """Return a text with paths as they are written elsewhere than on Windows."""
    return text.replace("\\", "/") if WINDOWS else text


def hears_ctrl_c() -> dict[str, Callable[[], Any]]:
    """Return the options of a process that ends by SIGINT.

    A shell that runs the tests in the background has them ignore Ctrl-C, and their children after them.
    """
    return {} if WINDOWS else {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}


def remove(folder: Path) -> None:
    """Remove a folder with the files in it that may not be written to, as those of DVC's cache."""
    if WINDOWS:  # which removes none of them
        for path in folder.rglob("*"):
            path.chmod(stat.S_IWRITE)
    shutil.rmtree(folder, ignore_errors=True)
