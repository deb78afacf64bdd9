"""A server as people start it: a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Server:
    """A running `reprise serve`."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port, self.url = process, port, f"http://127.0.0.1:{port}"

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return answer.read()

    def post(self, path: str, content: Any) -> Any:
        request = urllib.request.Request(self.url + path, json.dumps(content).encode())
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def end(self) -> int:
        """Send SIGTERM and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def start(bundle: Path | str, **environment: str) -> tuple[subprocess.Popen[str], int]:
    """Start `reprise serve` on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Coverage is not measured there: it would start with every process, and slow it.
    command = [sys.executable, "-c", "from reprise.cli import main; main()", "serve", str(bundle)]
    process = subprocess.Popen(
        command,
        env=os.environ | {"PORT": str(port)} | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    return process, port


@contextmanager
def running(bundle: Path | str, **environment: str) -> Iterator[Server]:
    """Yield a server that is ready; kill it at the end if it still runs."""
    process, port = start(bundle, **environment)
    server = Server(process, port)
    try:
        _wait(server)
        yield server
    finally:
        process.kill()
        process.communicate()


def _wait(server: Server) -> None:
    for _ in range(600):
        try:
            server.get("/ready")
        except urllib.error.URLError:
            assert server.process.poll() is None, server.process.communicate()[1]
            time.sleep(0.05)
        else:
            return
    raise AssertionError("never ready")
