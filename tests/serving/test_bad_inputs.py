"""Hundreds of bad requests to a model of each modality: all are refused in one form, and change nothing."""

import gc
import json
import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from python_multipart.multipart import FormParser

from reprise.decoding.errors import DecodeError
from reprise.decoding.tabular import CellError
from reprise.serving.examples import read_example
from reprise.serving.model import Model, load_model
from reprise.serving.problem import Problem

from .conftest import MODALITIES
from .corpus.case import FORM, JSON, Case, asked, encoded, form, part
from .corpus.whole import corpus_of
from .processes import ask, predict, running

# What tells of the machine, or of what runs on it.
_SECRETS = ("traceback", "site-packages", "/tmp/", "/home/", "/root/", ".py", "0x7f", "starlette", "onnxruntime")


def complaint(case: Case, answer) -> str | None:
    """Return what is wrong with the answer to a bad request, None where nothing is."""
    if answer.status_code not in case.statuses:
        return f"{answer.status_code} for {case.statuses}: {answer.text[:200]}"
    if answer.headers["content-type"] != "application/json":
        return f"as {answer.headers['content-type']}"
    said = json.loads(answer.content)
    if list(said) != ["error", "field", "expected", "request_id"]:
        return f"keys {list(said)}"
    if said["request_id"] != answer.headers["x-request-id"]:
        return "another request's id"
    if not said["error"] or not said["error"].isprintable() or len(answer.content) > 2000:
        return f"error {said['error'][:200]!r}"
    told = [secret for secret in _SECRETS if secret in answer.text.lower()]
    return f"tells of {told}" if told else None


def good_request(model: Model) -> bytes:
    example = read_example(model.folder / model.bundle.examples[0].file, model.bundle.modality)
    return asked(encoded(example) if isinstance(example, bytes) else example)


@pytest.mark.parametrize("task", MODALITIES.values())
def test_all_bad_requests_are_refused_and_a_good_one_is_answered_as_before(task, serve, caplog) -> None:
    client = serve(task, max_instances=50)
    model = client.app.state.service.model
    cases, good = corpus_of(model, 50), good_request(model)
    assert len(cases) >= 300
    before = client.post("/predict", content=good, headers={"content-type": JSON})
    assert before.status_code == 200
    complaints = []
    for case in cases:
        url = f"http://testserver{case.path}"
        answer = client.request(case.method, url, content=case.body, headers=case.all_headers, follow_redirects=False)
        found = complaint(case, answer)
        complaints += [f"{case.name}: {found}"] if found else []
    assert not complaints, "\n".join(complaints)
    after = client.post("/predict", content=good, headers={"content-type": JSON})
    assert after.json() == before.json()
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR and record.name == "reprise"]
    assert errors == []


# What holds a body, and what was made of it.
_HOLDERS = (Problem, DecodeError, CellError, FormParser)


@pytest.mark.parametrize("task", MODALITIES.values())
def test_a_request_is_forgotten_at_once(task, serve) -> None:
    """What refers to itself is collected some day, when it may have become gigabytes."""
    client = serve(task)
    example = client.get(client.get("/model").json()["examples"][0]["url"]).content
    with collected_by_hand():
        before = holders()
        for body, kind in (
            (b"{", JSON),
            (asked(encoded(b"no file" * 10_000)), JSON),
            (asked(*[[1.0]] * 1000), JSON),
            (form(b"no file"), FORM),
            (part(b"no file"), FORM),
            (form(example), FORM),
        ):
            client.post("/predict", content=body, headers={"content-type": kind})
            # The thread that worked may still be on its way out of what it called.
            for _ in range(100):
                if holders() == before:
                    break
                time.sleep(0.01)
            assert holders() == before


def holders() -> list[object]:
    # Not isinstance, which asks an object for its class: some warn that they were asked for anything.
    return [one for one in gc.get_objects() if issubclass(type(one), _HOLDERS)]


@contextmanager
def collected_by_hand() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux does")
@pytest.mark.parametrize("task", MODALITIES.values())
def test_a_server_forgets_the_bad_requests(task, trained, tmp_path, monkeypatch) -> None:
    # Else glibc keeps what was once a large picture for the next: no leak, but not to be told from one.
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", str(2**22))
    model = load_model(trained(task).folder / "models/bundle", max_pixels=50_000_000, max_seconds=300)
    cases, good = corpus_of(model, 50), good_request(model)
    with running(model.folder, tmp_path, max_instances=50) as server, server.connect() as connection:
        before = [predict(connection, good) for _ in range(20)][-1]
        assert before.status_code == 200
        sizes = [server.memory()]
        for _ in range(2):
            assert not list(filter(None, (complaint(case, ask(connection, case)) for case in cases)))
            sizes.append(server.memory())
        assert json.loads(predict(connection, good).content) == json.loads(before.content)
        lines = [
            line
            for line in server.log.read_text(errors="replace").splitlines()
            if " WARNING " in line or " ERROR " in line
        ]
    print(task, [round(size, 1) for size in sizes], "MiB")
    assert sizes[1] - sizes[0] < 16
    assert sizes[2] - sizes[1] < 2
    assert len(lines) == 2 * len(cases)
    assert all(re.search(r": 4\d\d: .*, request [0-9a-f]{16}$", line) for line in lines)
