"""The server as a process: how it starts, how it fails to, how it ends."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from platforms import WINDOWS, signals, slashes

from reprise.errors import ArtifactError
from reprise.serving.model import load_model

from .processes import PATIENCE, SERVE, Answer, Server, predict, running


def fails(bundle: Path | str, **environment: str) -> str:
    found = subprocess.run(
        [*SERVE, str(bundle)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert found.returncode == 1
    assert len(found.stderr.splitlines()) == 1, found.stderr
    return found.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_bundle_is_one_line_and_exit_code_1(tmp_path: Path, workers: str) -> None:
    found = fails(tmp_path / "none", WEB_CONCURRENCY=workers)
    assert (
        found
        == f"error: {tmp_path / 'none/bundle.json'}: no such file; expected a bundle, as the export stage writes it\n"
    )


def test_a_damaged_or_foreign_bundle_is_one_line_and_exit_code_1(trained, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(trained("wine").folder / "models/bundle", folder)
    model = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(model[:-1])
    assert "SHA-256" in fails(folder)
    (folder / "model.onnx").write_bytes(model)
    card = json.loads((folder / "bundle.json").read_text())
    expected = card["examples"][0]["label"]
    card["examples"][0]["label"] = "class_x"
    (folder / "bundle.json").write_text(json.dumps(card))
    assert re.search(rf"examples/1\.json: answered {expected}.*; expected class_x", slashes(fails(folder)))


@pytest.mark.parametrize(
    "change",
    [
        lambda card: card["model"]["input"].update(name="x"),
        lambda card: card["decision"].update(positive="x"),
        lambda card: card.update(examples=[]),
        lambda card: card["reference"].pop(),
        lambda card: card["reference"][0].update(edges=[]),
        lambda card: card["classes"].pop(),
    ],
)
def test_a_bundle_put_together_by_hand_is_refused(trained, tmp_path: Path, change) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(trained("wine").folder / "models/bundle", folder)
    card = json.loads((folder / "bundle.json").read_text())
    change(card)
    (folder / "bundle.json").write_text(json.dumps(card))
    with pytest.raises(ArtifactError, match="bundle"):
        load_model(folder, 10**6, 10)


def test_a_port_that_is_taken_is_one_line(trained) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = fails(trained("wine").folder / "models/bundle", PORT=str(taken.getsockname()[1]))
    told = "normally permitted" if WINDOWS else "address already in use"
    assert f"{told}; expected an address that is free" in found


def test_an_unknown_storage_and_a_wrong_setting_are_one_line() -> None:
    assert "nowhere://bucket/model: cannot be read" in fails("nowhere://bucket/model")
    assert "REPRISE_QUEUE: 'x'; expected a whole number" in fails("models/bundle", REPRISE_QUEUE="x")


def wait_for(server: Server) -> None:
    """Wait for the first worker: the process that starts them says that it runs before they do."""
    for _ in range(600):
        with server.connect() as connection, suppress(ConnectionRefusedError):
            connection.request("GET", "/ready")
            return
        time.sleep(0.1)
    raise AssertionError(server.log.read_text())


@signals
@pytest.mark.long
def test_several_workers_answer_count_together_and_end_with_0(trained, tmp_path: Path) -> None:
    bundle = trained("wine").folder / "models/bundle"
    body = b'{"instances": [%b]}' % (bundle / "examples/1.json").read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running(bundle, tmp_path, workers=2, port=port, log=tmp_path / "log") as server:
        wait_for(server)
        for _ in range(40):
            with server.connect() as connection:
                assert predict(connection, body).status_code == 200
        with server.connect() as connection:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        assert re.search(r'reprise_requests_total{method="POST",route="/predict",status="200"} 40\.0', text)
        assert server.end() == 0
    parts = list((tmp_path / "log").iterdir())
    assert sum(len(part.read_text().splitlines()) for part in parts) == 40


@signals
@pytest.mark.long
def test_who_is_not_answered_before_the_end_is_told_so(trained, tmp_path: Path) -> None:
    film = BytesIO()
    np.savez(film, frames=np.zeros((2500, 64, 64, 3), np.uint8), fps=10)
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.npz"\r\n\r\n%b\r\n--b--\r\n' % film.getvalue()
    bundle = trained("accident").folder / "models/bundle"
    with running(bundle, tmp_path, drain=0, threads=1) as server, ThreadPoolExecutor(4) as pool:

        def ask() -> Answer:
            with server.connect() as connection:
                return predict(connection, body, "multipart/form-data; boundary=b")

        answers = [pool.submit(ask) for _ in range(4)]
        while not any(one.done() for one in answers):
            time.sleep(0.01)
        assert server.end() == 0
        found = [one.result() for one in answers]
    assert {one.status_code for one in found} == {200, 503}
    refused = next(one for one in found if one.status_code == 503)
    assert json.loads(refused.content)["error"] == "the server ends; expected another try"
    assert refused.headers["retry-after"] == "1"
    assert "Traceback" not in server.log.read_text()


@pytest.mark.long
def test_a_bundle_from_a_url(trained, tmp_path: Path) -> None:
    folder = trained("wine").folder / "models/bundle"
    with running(folder.as_uri(), tmp_path) as server:
        with server.connect() as connection:
            connection.request("GET", "/model")
            assert json.loads(connection.getresponse().read())["task"] == "wine"
        assert WINDOWS or server.end() == 0
