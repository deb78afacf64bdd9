"""Whether the memory of a server stays where it is: its examples, and damaged ones, for ten minutes.

    python benchmarks/soak.py --bundle models/bundle --minutes 10

Everything is on, the prediction log too. Ends with exit code 1 where a request was not answered as it should be, or
where the server holds more than 5 % more in the last third than in the second. The first third is not compared: what
is loaded or set aside on first use comes then.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from running import Server, free_port, memory, serving

BOUNDARY = "b0undary"
GROWTH = 1.05


class Request(NamedTuple):
    """A body, its content type, and the status that it must be answered with."""

    body: bytes
    content_type: str
    status: int


def requests(bundle: Path) -> list[Request]:
    """Return a request for each example of a bundle, and one for what is left of it without its end."""
    return [found for file in sorted((bundle / "examples").iterdir()) for found in _of(file)]


def _of(file: Path) -> list[Request]:
    content = file.read_bytes()
    if file.suffix == ".json":
        body = json.dumps({"instances": [json.loads(content)]}).encode()
        return [Request(body, "application/json", 200), Request(body[:-9], "application/json", 422)]
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return [Request(_form(content), kind, 200), Request(_form(content[: len(content) // 2]), kind, 422)]


def _form(content: bytes) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def ask(connection: http.client.HTTPConnection, request: Request) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Send a request over a connection that is kept; return status, headers and body of the answer."""
    connection.request("POST", "/predict", request.body, {"Content-Type": request.content_type})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def client(server: Server, asked: list[Request], end: threading.Event, counts: Counter[str]) -> None:
    """Ask one request after the other until the end; count those that were answered, and those that failed."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    while not end.is_set():
        for request in asked:
            status, _, _ = ask(connection, request)
            counts["answered" if status == request.status else "failed"] += 1
    connection.close()


def watch(server: Server, seconds: float, counts: Counter[str]) -> list[float]:
    """Print every twentieth of the time what was answered and the megabytes that the server holds; return these."""
    start, sizes = time.monotonic(), []
    print(f"{'minute':>8}{'answered':>12}{'failed':>8}{'MB':>10}")
    for place in range(21):
        time.sleep(max(0.0, start + place * seconds / 20 - time.monotonic()))
        sizes.append(memory(server.process.pid))
        minute = (time.monotonic() - start) / 60
        print(f"{minute:8.1f}{counts['answered']:12}{counts['failed']:8}{sizes[-1]:10.1f}", flush=True)
    return sizes


def main() -> None:
    """Soak a server."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=Path("models/bundle"))
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=8)
    given = parser.parse_args()
    asked, counts, end, port = requests(given.bundle), Counter[str](), threading.Event(), free_port()
    environment = {"PORT": str(port), "REPRISE_LOG": "log", "MALLOC_MMAP_THRESHOLD_": str(2**22)}
    command = [str(Path(sys.executable).with_name("reprise")), "serve", str(given.bundle.resolve())]
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(given.clients) as clients:
        folder = Path(name)
        (folder / "body").write_bytes(asked[0].body)
        with serving(command, port, folder / "body", asked[0].content_type, environment, folder) as server:
            server.first_answer()
            working = [clients.submit(client, server, asked, end, counts) for _ in range(given.clients)]
            try:
                sizes = watch(server, given.minutes * 60, counts)
            finally:
                end.set()
            for one in working:
                one.result()
    growth = statistics.median(sizes[14:]) / statistics.median(sizes[7:14])
    print(f"last third by second: {growth:.3f}")
    sys.exit(1 if counts["failed"] or growth > GROWTH else 0)


if __name__ == "__main__":
    main()
