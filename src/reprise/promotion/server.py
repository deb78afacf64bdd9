"""The server as a process of its own, as it is deployed."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reprise.errors import InputError
from reprise.serving.settings import Settings, variable

_SERVE = (sys.executable, "-c", "from reprise.cli import main; main()", "serve")
# The server that does nothing, with what else ours has.
_OPTIONS = ("--port=0", "--no-access-log", "--lifespan=off")
_NOTHING = (sys.executable, "-m", "uvicorn", *_OPTIONS, "reprise.promotion.nothing:app")
_PLACE = re.compile(r"running on http://127\.0\.0\.1:(\d+)")
# What of its log is shown where it fails.
_LINES = 30
# What its settings are read from, and what would be another's: nothing of this machine's environment is tested.
_PREFIXES = ("REPRISE_", "AIP_")


class ServerError(InputError):
    """The server did not do what it is deployed for."""


@dataclass(frozen=True)
class Server:
    """A server that listens; `seconds` it took to."""

    process: "subprocess.Popen[bytes]"
    port: int
    seconds: float
    log: Path

    def end(self, patience: float) -> int | None:
        """Send SIGTERM and return the exit code, None where it has not ended in time."""
        self.process.terminate()
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return None


@contextmanager
def serving(bundle: Path | None, log: Path, patience: float) -> Iterator[Server]:
    """Serve a bundle with the default settings on a free port of this machine; the process ends with the block.

    Without a bundle nothing is served, to whoever asks.

    Raises `ServerError` where it ends or does not listen within `patience` seconds.
    """
    start = time.monotonic()
    with log.open("wb") as output:
        # From beside it, so that the log names its files alone.
        command = _NOTHING if bundle is None else (*_SERVE, bundle.name)
        place = None if bundle is None else bundle.parent
        process = subprocess.Popen(command, cwd=place, env=_environment(os.environ), stdout=output, stderr=output)  # noqa: S603
    try:
        port = _port(process, log, start + patience)
        yield Server(process, port, time.monotonic() - start, log)
    finally:
        process.kill()
        process.wait()


def tail(log: Path) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LINES:])


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    ours = {variable(name) for name in Settings.model_fields}
    kept = {name: value for name, value in given.items() if name not in ours and not name.startswith(_PREFIXES)}
    return kept | {"PORT": "0"}


def _port(process: "subprocess.Popen[bytes]", log: Path, end: float) -> int:
    while process.poll() is None:
        found = _PLACE.search(log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return int(found[1])
        if time.monotonic() > end:
            raise ServerError("the server", "not ready in time", "one that listens")
        time.sleep(0.01)
    last = (tail(log).splitlines() or ["no word"])[-1]
    raise ServerError(
        "the server", f"ended with {process.returncode}: {last.removeprefix('error: ')}", "one that listens"
    )
