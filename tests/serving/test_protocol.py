"""What is no HTTP, or has no end, by a real connection: in the form of all other errors."""

import json

import pytest

from .processes import running
from .test_clients import call, heard


@pytest.fixture(scope="module")
def server(trained, tmp_path_factory):
    with running(trained("wine").folder / "models/bundle", tmp_path_factory.mktemp("server")) as server:
        yield server


ENDLESS = {
    "a path": (b"GET /", b"a" * 1000),
    "a header": (b"GET /health HTTP/1.1\r\nX-A: ", b"a" * 1000),
    "headers": (b"GET /health HTTP/1.1\r\n", b"X-A: " + b"a" * 993 + b"\r\n"),
    "trailers": (b"POST /predict HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: " + b"a" * 993 + b"\r\n"),
}


@pytest.mark.long
@pytest.mark.parametrize("name", ENDLESS)
def test_what_has_no_end_is_431(name, server) -> None:
    start, more = ENDLESS[name]
    said = heard(call(server, start, *[more] * 66))
    assert said.startswith(b"HTTP/1.1 431 ")
    refusal = json.loads(said.partition(b"\r\n\r\n")[2])
    assert refusal["error"] == "headers too large; expected at most 65536 bytes"
    assert f"request {refusal['request_id']}" in server.log.read_text()


@pytest.mark.long
def test_what_is_no_http_is_400_in_the_form_of_all_errors(server) -> None:
    head, _, body = heard(call(server, b"\x16\x03\x01\x02\0")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error"] == "invalid http request received"
    assert f"x-request-id: {json.loads(body)['request_id']}".encode() in head


@pytest.mark.long
def test_large_bodies_and_many_requests_are_no_headers(server) -> None:
    with server.connect() as connection:
        for _ in range(1000):
            connection.request("GET", "/health", headers={"X-A": "a" * 100})
            assert connection.getresponse().read()
        connection.request("POST", "/predict", bytes(2_000_000), {"Content-Type": "application/json"})
        assert connection.getresponse().status == 422
