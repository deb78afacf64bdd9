"""Servers in a process of their own, as `reprise serve` starts them, and what asks them."""

import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from reprise.serving.settings import variable

from .corpus.case import JSON, Case

# Long enough for a busy machine; what waits for it waits for an error.
PATIENCE = 60

SERVE = (sys.executable, "-c", "from reprise.cli import main; main()", "serve")

_PLACE = re.compile(r"running on http://127\.0\.0\.1:(\d+)")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status_code: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()


@dataclass(frozen=True)
class Server:
    """A server that runs, and where its log is written."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> "closing[http.client.HTTPConnection]":
        return closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE))

    def end(self) -> int:
        """Send SIGTERM and return the exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def memory(self, name: str = "VmRSS") -> float:
        """Return what Linux counts for the process under this name, in MiB."""
        found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{self.process.pid}/status").read_text())
        assert found is not None
        return int(found[1]) / 1024


def ask(connection: http.client.HTTPConnection, case: Case) -> Answer:
    """Send a request over a connection that is kept, and return the answer."""
    connection.putrequest(case.method, case.path, skip_accept_encoding=True)
    for name, value in (*case.all_headers, (b"content-length", str(len(case.body)).encode())):
        connection.putheader(name, value)
    connection.endheaders(case.body)
    answer = connection.getresponse()
    return Answer(answer.status, answer.headers, answer.read())


def predict(connection: http.client.HTTPConnection, body: bytes, content_type: str = JSON) -> Answer:
    """Ask for predictions."""
    return ask(connection, Case("good", body, content_type))


@contextmanager
def running(bundle: Path | str, folder: Path, **settings: object) -> Iterator[Server]:
    """Run a server of a bundle on a port that is free; `settings` are its, and `folder` takes its log."""
    log = folder / "server.log"
    environment = {variable(name): str(value) for name, value in settings.items()}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*SERVE, str(bundle)], env=os.environ | {"PORT": "0"} | environment, stdout=output, stderr=output
        )
    try:
        yield Server(process, _port(process, log), log)
    finally:
        process.kill()
        process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        found = _PLACE.search(log.read_text(errors="replace"))
        if found:
            return int(found[1])
        time.sleep(0.02)
    raise AssertionError(log.read_text(errors="replace"))
