"""A command with all that it starts, which ends when it is no longer wanted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from reprise.serving.claims import lock

_STOP_SECONDS = 20.0


if sys.platform == "win32":
    _PASSES = False  # open files to what it starts
    _NEW_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP

    def _interrupt(process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.CTRL_BREAK_EVENT)

    def _kill(process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            _kill_group(process.pid)

    def _kill_group(number: int) -> None:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(number)], capture_output=True, check=False)  # noqa: S603, S607

else:
    _PASSES = True
    _NEW_GROUP = 0

    def _interrupt(process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)

    def _kill(process: subprocess.Popen[bytes]) -> None:
        _kill_group(process.pid)

    def _kill_group(number: int) -> None:
        # Some of the group may live on when its first process has ended.
        with suppress(ProcessLookupError, PermissionError):  # macOS says so of a group of zombies
            os.killpg(number, signal.SIGKILL)


@contextmanager
def running(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], output: BinaryIO, note: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command in a group of its own, which a Ctrl-C in the terminal does not reach.

    What still runs at the end of the block is interrupted, as by Ctrl-C, and killed where that is not enough. The file
    `note` is for `end_orphan`, where this process is itself killed before that.
    """
    claim = os.open(note, os.O_RDWR | os.O_CREAT)
    try:
        lock(claim)
        process = subprocess.Popen(  # noqa: S603
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=_NEW_GROUP,
            pass_fds=(claim,) if _PASSES else (),
        )
        try:
            if _PASSES:
                os.write(claim, str(process.pid).encode())
            yield process
        finally:
            _stop(process)
    finally:
        os.close(claim)
        note.unlink(missing_ok=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    try:
        if process.poll() is None:
            _interrupt(process)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
    finally:
        _kill(process)
        process.wait()


def end_orphan(note: Path) -> None:
    """Kill what a killed process had started, if it runs still: it holds the lock of `note`, in which its number is.

    On Windows, where it was not given the lock, it is left to end with an error at its next file.
    """
    try:
        claim = os.open(note, os.O_RDWR)
    except FileNotFoundError:
        return
    try:
        end = time.monotonic() + _STOP_SECONDS
        while not lock(claim) and time.monotonic() < end:
            os.lseek(claim, 0, os.SEEK_SET)
            number = os.read(claim, 20)
            if number:
                _kill_group(int(number))
            time.sleep(0.05)
    finally:
        os.close(claim)
