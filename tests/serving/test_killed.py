"""`kill -9` in the middle of load."""

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from .corpus.case import FORM, JSON, Case, asked, form
from .processes import ask, running

CLIENTS = 8


@pytest.mark.long
@pytest.mark.parametrize(("task", "count"), [("wine", 400), ("hotdog", 80)])
def test_every_answer_that_a_client_saw_is_in_the_log(task, count, trained, tmp_path) -> None:
    bundle, log = trained(task).folder / "models/bundle", tmp_path / "log"
    body, kind = good_request(bundle)
    answered: list[str] = []
    enough = threading.Event()

    def client(number: int) -> None:
        with server.connect() as connection:
            for place in range(10 * count):
                name = f"{number}-{place}"
                request = Case("good", body, kind, headers=(("x-request-id", name),))
                try:
                    answer = ask(connection, request)
                except (OSError, http.client.HTTPException):
                    return  # killed
                assert (answer.status_code, answer.headers["x-request-id"]) == (200, name)
                answered.append(name)
                if len(answered) >= count:
                    enough.set()

    # Parts so small that one is finished, and the next begun, many times.
    with running(bundle, tmp_path, log=log, log_bytes=20_000) as server, ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(client, number) for number in range(CLIENTS)]
        assert enough.wait(60)
        server.process.kill()
        for one in clients:
            one.result()
    parts = sorted(log.glob("predictions-*.jsonl"))
    lines = [line for part in parts for line in part.read_bytes().splitlines(keepends=True)]
    logged = {json.loads(line)["request_id"] for line in lines if line.endswith(b"\n")}
    assert len(parts) > 2
    assert len(answered) >= count
    assert set(answered) <= logged
    # What was logged and not answered is what each client waited for.
    assert len(logged) <= len(answered) + CLIENTS


def good_request(bundle):
    """Return the body that asks about the first example of a bundle, and its type."""
    (example,) = bundle.glob("examples/1.*")
    if example.suffix == ".json":
        return asked(json.loads(example.read_text())), JSON
    return form(example.read_bytes()), FORM
