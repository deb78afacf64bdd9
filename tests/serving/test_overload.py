"""Four times as much as a server can do."""

import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from .corpus.case import FORM, form
from .processes import predict, running

# So many pictures that a client takes much less time to ask than the server to answer.
PICTURES, QUEUE, CLIENTS = 48, 4, 32


@pytest.mark.long
def test_what_is_accepted_is_answered_and_the_rest_refused_at_once(trained, tmp_path) -> None:
    bundle = trained("hotdog").folder / "models/bundle"
    body = form(*[(bundle / "examples/1.jpg").read_bytes()] * PICTURES)
    timeout = 30
    with running(bundle, tmp_path, threads=1, queue=QUEUE, timeout=timeout) as server:
        alone = [timed(server, body) for _ in range(10)]
        assert {answer.status_code for answer, _ in alone} == {200}
        usual = statistics.median(seconds for _, seconds in alone)

        start = time.monotonic()

        def on_time(number: int):
            time.sleep(max(0.0, start + number * usual / 4 - time.monotonic()))
            return timed(server, body)

        with ThreadPoolExecutor(CLIENTS) as clients:
            found = list(clients.map(on_time, range(80)))
        after = [timed(server, body) for _ in range(10)]
    accepted = [seconds for answer, seconds in found if answer.status_code == 200]
    refused = [(answer, seconds) for answer, seconds in found if answer.status_code == 503]
    assert len(accepted) + len(refused) == len(found)
    # Three of four are too many, whatever else the machine does.
    assert QUEUE < len(accepted) < 3 * len(refused)
    assert max(accepted) < timeout
    for answer, _ in refused:
        assert int(answer.headers["retry-after"]) >= 1
        assert json.loads(answer.content)["error"] == f"{QUEUE} requests wait already; expected another try later"
    assert statistics.median(seconds for _, seconds in refused) < statistics.median(accepted)
    assert {answer.status_code for answer, _ in after} == {200}
    assert [answer.content for answer, _ in after] == [answer.content for answer, _ in alone]


def timed(server, body: bytes):
    """Return an answer, and the seconds until it was there."""
    with server.connect() as connection:
        start = time.perf_counter()
        return predict(connection, body, FORM), time.perf_counter() - start
