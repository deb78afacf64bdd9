"""An emulated Google Storage."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def google_storage(bucket: str) -> Iterator[str]:
    """Start an emulator with one bucket, which is gone at the end, and yield its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    program = [sys.executable, "-m", "gcp_storage_emulator", "start", "-H", "127.0.0.1", "--port", str(port)]
    options = ["--in-memory", "--quiet", "--default-bucket", bucket]
    quiet = subprocess.DEVNULL
    with subprocess.Popen([*program, *options], stdout=quiet, stderr=quiet) as process:
        try:
            end = time.monotonic() + 60
            while not _answers(url):
                assert process.poll() is None, "the emulator has ended"
                assert time.monotonic() < end, "the emulator does not answer"
                time.sleep(0.02)
            yield url
        finally:
            process.kill()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status == 200
    except OSError:
        return False
