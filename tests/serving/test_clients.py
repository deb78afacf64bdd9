"""Clients that are slow, that go away, or that speak no HTTP, and the end of a server."""

import json
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from platforms import signals

from .corpus.case import FORM, Case, form
from .processes import PATIENCE, ask, predict, running

LIMIT = 1_000_000


@pytest.fixture(scope="module")
def bundle(trained):
    return trained("hotdog").folder / "models/bundle"


@pytest.fixture(scope="module")
def picture(bundle) -> bytes:
    return (bundle / "examples/1.jpg").read_bytes()


@pytest.fixture(scope="module")
def impatient(bundle, tmp_path_factory):
    """A server that does one thing at a time, lets one request wait, and waits for none."""
    folder = tmp_path_factory.mktemp("impatient")
    with running(bundle, folder, threads=1, queue=1, timeout=2, max_body_bytes=LIMIT) as server:
        yield server


def head(*headers: str, path: str = "/predict") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Type: {FORM}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def call(server, *sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    for part in sent:
        connection.sendall(part)
    return connection


def heard(connection: socket.socket) -> bytes:
    """Return all that comes until the server closes the connection, and close it."""
    parts = []
    with connection:
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def answer(connection: socket.socket) -> tuple[int, bytes]:
    """Return status and body of one answer, and close the connection."""
    with connection, connection.makefile("rb") as file:
        status = int(file.readline().split()[1])
        length = 0
        while line := file.readline().strip():
            name, _, value = line.lower().partition(b":")
            length = int(value) if name == b"content-length" else length
        return status, file.read(length)


@pytest.mark.long
def test_slow_clients_keep_nobody_waiting_and_are_told_in_time(impatient, picture) -> None:
    body = form(picture)
    slow = [call(impatient, head(f"Content-Length: {len(body)}"), body[:10]) for _ in range(50)]
    with impatient.connect() as connection:
        for place in range(10, 15):
            for one in slow:
                one.sendall(body[place : place + 1])
            assert predict(connection, body, FORM).status_code == 200
    for one in slow:
        status, said = answer(one)
        assert status == 408
        assert json.loads(said)["expected"] == "one within 2 seconds"


@pytest.mark.long
def test_a_body_of_unknown_length_is_refused_as_soon_as_it_is_too_long(impatient, picture) -> None:
    connection = call(impatient, head("Transfer-Encoding: chunked"))
    for _ in range(LIMIT // 50_000 + 1):
        connection.sendall(b"c350\r\n" + bytes(50_000) + b"\r\n")
    # The end of the body has not come.
    status, said = answer(connection)
    assert status == 413
    assert json.loads(said)["expected"] == f"at most {LIMIT} bytes"
    told = call(impatient, head("Content-Length: 99999999999999"))
    assert answer(told)[0] == 413
    with impatient.connect() as connection:
        assert predict(connection, form(picture), FORM).status_code == 200


NO_HTTP = {
    "noise": b"\0\xff\x16\x03\x01" * 20,
    "the beginning of TLS": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(100),
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "no such version": b"POST /predict HTTP/9.9\r\n\r\n",
    "no such method": b"BREW /predict HTTP/1.1\r\nHost: a\r\n\r\n",
    "a path of no letters": b"POST /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    "a header without a name": b"POST /predict HTTP/1.1\r\n: a\r\n\r\n",
    "a header with a space": b"POST /predict HTTP/1.1\r\nHost : a\r\n\r\n",
    "a nul in a header": b"POST /predict HTTP/1.1\r\nHost: a\0b\r\n\r\n",
    "a length that is no number": head("Content-Length: ten"),
    "a length below zero": head("Content-Length: -1"),
    "two lengths": head("Content-Length: 5", "Content-Length: 6") + b"12345",
    "a length and chunks": head("Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "chunks of no length": head("Transfer-Encoding: chunked") + b"xyz\r\n",
    "chunks of endless length": head("Transfer-Encoding: chunked") + b"f" * 40 + b"\r\n",
}


@pytest.mark.long
@pytest.mark.parametrize("name", NO_HTTP)
def test_what_is_no_http_is_400_and_the_connection_closed(name, impatient, picture) -> None:
    said = heard(call(impatient, NO_HTTP[name]))
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b"Traceback" not in said
    with impatient.connect() as connection:
        assert predict(connection, form(picture), FORM).status_code == 200


@signals
@pytest.mark.long
def test_who_went_is_not_worked_for_and_at_the_end_who_waits_is_answered(bundle, picture, tmp_path) -> None:
    settings = {"threads": 1, "queue": 64, "drain": PATIENCE, "log": tmp_path / "log"}
    with (
        running(bundle, tmp_path, **settings) as server,
        ThreadPoolExecutor(2) as threads,
        server.connect() as first,
        server.connect() as second,
    ):
        many = form(*[picture] * 200)
        works, waits = (threads.submit(predict, connection, many, FORM) for connection in (first, second))
        until(lambda: "reprise_queue_length 1.0" in metrics(server))
        body = form(picture)
        for _ in range(20):
            call(server, head(f"Content-Length: {len(body)}", "X-Request-ID: gone"), body).close()
        until(lambda: server.log.read_text().count("499: the client went away") == 20)
        assert not works.done() or not waits.done()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE) == 0
        for one in (works, waits):
            assert len(json.loads(one.result().content)["predictions"]) == 200
        with pytest.raises(ConnectionRefusedError):
            call(server)
    (log,) = (tmp_path / "log").glob("*.jsonl")
    identities = [json.loads(line)["request_id"] for line in log.read_text().splitlines()]
    assert "gone" not in identities
    assert len(identities) == 400


def metrics(server) -> str:
    with server.connect() as connection:
        return ask(connection, Case("metrics", method="GET", path="/metrics")).text


def until(true) -> None:
    """Wait until something is true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)
