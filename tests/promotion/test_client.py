"""The client, against answers that come in pieces or not at all."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from reprise.promotion.client import Connection, prediction_request
from reprise.promotion.subjects import Served


@contextmanager
def answering(answer: Callable[[socket.socket], object]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            taken, _ = server.accept()
            with taken:
                taken.recv(65536)
                answer(taken)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_an_answer_in_pieces_is_put_together() -> None:
    def send(taken: socket.socket) -> None:
        for piece in (b"HTTP/1.1 503 x\r\nContent-Le", b"ngth: 5\r\n\r\n12", b"345"):
            taken.sendall(piece)

    with answering(send) as port, Connection(port, 30) as connection:
        assert connection.ask(b"x") == (503, b"12345")


def test_an_answer_that_breaks_off_is_an_error() -> None:
    with (
        answering(lambda taken: taken.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n12")) as port,
        Connection(port, 30) as connection,
        pytest.raises(ConnectionError, match="closed the connection"),
    ):
        connection.ask(b"x")


def test_a_refusal_is_no_answer_to_measure() -> None:
    with (
        answering(lambda taken: taken.sendall(b"HTTP/1.1 422 x\r\ncontent-length: 4\r\n\r\nwhy?")) as port,
        pytest.raises(ConnectionError, match=r"^422: why\?$"),
    ):
        Served(port, [b"x"], 1, 30).times(0.001)


def test_requests_tell_their_length() -> None:
    for modality, kind in (("tabular", b"application/json"), ("image", b"multipart/form-data; boundary=")):
        head, _, body = prediction_request(b"[1]", modality).partition(b"\r\n\r\n")
        assert b"\r\nContent-Length: %d" % len(body) in head
        assert kind in head
        assert b"[1]" in body
