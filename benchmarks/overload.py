"""What a server does with four times as much as it can do: what is accepted, what is refused, and when.

    python benchmarks/overload.py --bundle models/bundle --seconds 20

For a bundle of pictures, sounds or videos: rows of a table never wait. The server has one thread, so that the other
core is for the clients, and lets four requests wait. First one client asks alone; then requests come at four times
that rate, whether the ones before them were answered or not; then one client asks alone again.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from running import free_port, serving
from soak import Request, ask, requests

CLIENTS, QUEUE, TIMES = 64, 4, 4


class Clients:
    """Many connections to one port, one for each thread."""

    def __init__(self, port: int, request: Request) -> None:
        self._port, self._request, self._local = port, request, threading.local()

    def ask(self) -> tuple[int, float]:
        """Return the status of an answer, and after how many seconds it was there."""
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        start = time.perf_counter()
        status, headers, _ = ask(self._local.connection, self._request)
        assert status != 503 or int(headers["retry-after"]) >= 1
        return status, time.perf_counter() - start

    def rush(self, rate: float, seconds: float) -> list[tuple[int, float]]:
        """Ask at a rate, in requests a second."""
        begin = time.monotonic() + 0.1

        def on_time(number: int) -> tuple[int, float]:
            time.sleep(max(0.0, begin + number / rate - time.monotonic()))
            return self.ask()

        with ThreadPoolExecutor(CLIENTS) as pool:
            return list(pool.map(on_time, range(round(rate * seconds))))


def show(name: str, times: list[float]) -> None:
    """Print how many there were, and their latencies in milliseconds."""
    if times:
        ordered = sorted(times)
        p99 = ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
        median, longest = statistics.median(ordered), ordered[-1]
        print(f"{name:<10}{len(ordered):>8}{median * 1000:10.1f}{p99 * 1000:10.1f}{longest * 1000:10.1f}")


def main() -> None:
    """Overload a server."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=Path("models/bundle"))
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    request, port = requests(given.bundle)[0], free_port()
    environment = {"PORT": str(port), "REPRISE_THREADS": "1", "REPRISE_QUEUE": str(QUEUE)}
    command = [str(Path(sys.executable).with_name("reprise")), "serve", str(given.bundle.resolve())]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "body").write_bytes(request.body)
        with serving(command, port, folder / "body", request.content_type, environment, folder) as server:
            server.first_answer()
            clients = Clients(port, request)
            before = [clients.ask()[1] for _ in range(200)]
            rate = TIMES / statistics.median(before)
            found = clients.rush(rate, given.seconds)
            after = [clients.ask()[1] for _ in range(200)]
    print(f"{rate:.0f} requests a second for {given.seconds:g} seconds; latencies in milliseconds")
    print(f"{'':<10}{'count':>8}{'p50':>10}{'p99':>10}{'most':>10}")
    show("before", before)
    for status in sorted({status for status, _ in found}):
        show(str(status), [seconds for one, seconds in found if one == status])
    show("after", after)


if __name__ == "__main__":
    main()
