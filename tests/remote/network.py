"""The way to the emulator, with what can happen on it: lost connections, silence, refusals of Google's.

The emulator keeps what it got of a body that was cut. Google Storage keeps nothing of it, so a request goes on from
here only when it is whole.
"""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Asked:
    """A request: its number, from 1, its method and its path with the query."""

    number: int
    method: str
    path: str

    @property
    def uploads(self) -> bool:
        return self.path.startswith("/upload/")

    @property
    def downloads(self) -> bool:
        return self.path.startswith("/download/")


# What is done to a request: None lets it pass.
Fault = Callable[["Handler", bytes], None]


@dataclass
class Network:
    """A place that answers as the emulator does, and what it does to each request."""

    emulator: str
    fault: Callable[[Asked], Fault | None] = lambda _: None
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    stalled: threading.Event = field(default_factory=threading.Event)
    mended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, method: str, path: str) -> Asked:
        with self.lock:
            self.asked.append(Asked(len(self.asked) + 1, method, path))
            return self.asked[-1]

    def mend(self) -> None:
        """Let everything pass, and end what was stalled."""
        self.fault = lambda _: None
        self.mended.set()


class Handler(BaseHTTPRequestHandler):
    """Passes a request on when all of it has come, unless the network has a fault for it."""

    protocol_version = "HTTP/1.1"  # connections are kept, as by Google
    network: Network

    def handle_one_request(self) -> None:
        with suppress(ConnectionError):
            super().handle_one_request()

    def answer(self) -> None:
        asked = self.network.note(self.command, self.path)
        fault = self.network.fault(asked)
        length = int(self.headers.get("content-length") or 0)
        if fault is cut_upload:
            self.rfile.read(length // 2)
            cut(self, b"")
            return
        body = self.rfile.read(length)
        (fault or forward)(self, body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815 (http.server's names)

    def ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(urlsplit(self.network.emulator).netloc)
        connection.request(self.command, self.path, body, {**self.headers, "Connection": "close"})
        answer = connection.getresponse()
        found = answer.status, dict(answer.headers), answer.read()
        connection.close()
        return found

    def send(self, status: int, headers: dict[str, str], content: bytes, much: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in {"server", "date", "content-length", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:much])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's name)
        pass


def forward(handler: Handler, body: bytes) -> None:
    handler.send(*handler.ask(body))


def cut(handler: Handler, _: bytes) -> None:
    """End the connection without an answer; the request was not done."""
    handler.close_connection = True


def cut_upload(handler: Handler, _: bytes) -> None:
    """End the connection in the middle of what is sent."""
    raise NotImplementedError("known to the handler, before it has read the body")


def cut_download(handler: Handler, body: bytes) -> None:
    """End the connection in the middle of the answer."""
    status, headers, content = handler.ask(body)
    handler.send(status, headers, content, len(content) // 2)
    handler.close_connection = True


def lose_answer(handler: Handler, body: bytes) -> None:
    """Do what was asked and end the connection before the answer."""
    handler.ask(body)
    handler.close_connection = True


def stall(handler: Handler, _: bytes) -> None:
    """Say nothing until the network is mended."""
    handler.network.stalled.set()
    handler.network.mended.wait()
    handler.close_connection = True


def refuse(status: int, message: str) -> Fault:
    """Answer as Google does where it refuses."""
    content = json.dumps({"error": {"code": status, "message": message, "errors": [{"message": message}]}}).encode()

    def answer(handler: Handler, _: bytes) -> None:
        handler.send(status, {"Content-Type": "application/json; charset=UTF-8"}, content)

    return answer


@contextmanager
def network_before(emulator: str) -> Iterator[Network]:
    """Run a network between the test and the emulator at this URL."""
    network = Network(emulator)
    handler = type("HandlerOfOne", (Handler,), {"network": network})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        network.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield network
        finally:
            network.mend()
            server.shutdown()
            thread.join()
