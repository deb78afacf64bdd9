"""A server as processes: started, asked, measured and ended."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

POST = Path(__file__).with_name("post.lua")


class Load(NamedTuple):
    """What wrk saw: requests a second, the latencies in milliseconds, and how many requests failed."""

    rate: float
    p50: float
    p99: float
    failed: int


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def family(process: int) -> list[int]:
    """Return a process and all below it."""
    found = [process]
    with suppress(FileNotFoundError, ProcessLookupError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in (thread / "children").read_text().split():
                found.extend(family(int(child)))
    return found


def memory(process: int) -> float:
    """Return the resident megabytes of a process and all below it; what they share counts once (`Pss`)."""
    total = 0
    for member in family(process):
        with suppress(FileNotFoundError, ProcessLookupError):
            lines = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


class Server:
    """A server that listens on a port of this machine; its routes take what `content_type` says."""

    def __init__(
        self, process: subprocess.Popen[bytes], port: int, body: Path, content_type: str, output: Path
    ) -> None:
        self.process, self.port, self.body, self.content_type, self.output = process, port, body, content_type, output

    def ask(self) -> tuple[int, bytes]:
        """Send the body once; return the status and the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", "/predict", self.body.read_bytes(), {"Content-Type": self.content_type})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def first_answer(self, patience: float = 60.0) -> dict[str, Any]:
        """Ask until there is an answer; raise `RuntimeError` where the process ends or none comes in time."""
        end, found = time.monotonic() + patience, "no answer"
        while time.monotonic() < end and self.process.poll() is None:
            try:
                status, content = self.ask()
            except (OSError, http.client.HTTPException):
                time.sleep(0.01)
                continue
            if status == 200:
                answer: dict[str, Any] = json.loads(content)
                return answer
            found = f"{status}: {content[:200].decode(errors='replace')}"
            time.sleep(0.01)
        if self.process.poll() is not None:
            *_, last = ["", *self.output.read_text(errors="replace").splitlines()]
            found = f"ended with {self.process.returncode}: {last}"
        raise RuntimeError(found)

    def load(self, connections: int, seconds: int) -> Load:
        """Let wrk ask over so many connections at once; raise `RuntimeError` where it cannot."""
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(POST)]
        environment = os.environ | {"BODY": str(self.body), "CONTENT_TYPE": self.content_type}
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{self.port}/predict"], env=environment, capture_output=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"wrk: {done.stderr.decode().strip()}")
        found = json.loads(done.stdout.splitlines()[-1])
        rate = found["requests"] / found["seconds"]
        return Load(rate, found["p50"] / 1000, found["p99"] / 1000, found["failed"])


@contextmanager
def serving(
    command: Sequence[str], port: int, body: Path, content_type: str, environment: Mapping[str, str], folder: Path
) -> Iterator[Server]:
    """Start a server in a folder, where its output goes; end it and all of its processes."""
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            command, env=os.environ | environment, stdout=output, stderr=output, cwd=folder, start_new_session=True
        )
    try:
        yield Server(process, port, body, content_type, folder / "output")
    finally:
        members = family(process.pid)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        for member in members:
            with suppress(ProcessLookupError):
                # Its number may be that of another by now.
                if os.getsid(member) == process.pid:
                    os.kill(member, signal.SIGKILL)
        process.wait()
