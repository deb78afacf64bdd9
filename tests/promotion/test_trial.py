"""The server from its start to its end."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from conftest import ROOT

from reprise.bundle import sha256
from reprise.promotion.checks import Check
from reprise.promotion.client import Connection
from reprise.promotion.limits import read_limits
from reprise.promotion.server import Server, ServerError, serving
from reprise.promotion.trial import _end, _examples, _load, try_server
from reprise.serving.model import Model

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a server is told to end by a signal")


@pytest.mark.long
def test_answers_of_another_model_are_noticed(bundle: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(bundle, other)
    network = onnx.load(other / "model.onnx")
    weights = network.graph.initializer[0]
    changed = onnx.numpy_helper.to_array(weights) * np.float32(1.01)
    weights.CopyFrom(onnx.numpy_helper.from_array(changed, weights.name))
    onnx.save(network, other / "model.onnx")
    card = json.loads((other / "bundle.json").read_text())
    card["model"]["sha256"] = sha256(other / "model.onnx")
    (other / "bundle.json").write_text(json.dumps(card))
    with serving(bundle, tmp_path / "log", 60) as server:
        check = _examples(server, _load(other))
        assert check.passed is False
        assert _examples(server, _load(bundle)).passed


def test_what_is_no_prediction_is_told(bundle: Path, tmp_path: Path) -> None:
    with serving(None, tmp_path / "log", 60) as server:
        check = _examples(server, _load(bundle))
    assert (check.passed, check.expected) == (False, "a prediction")
    assert check.found.startswith('examples/1.json: 200 {"nothing":')


def test_a_server_that_is_not_there_in_time(bundle: Path, tmp_path: Path) -> None:
    with (
        pytest.raises(ServerError, match="the server: not ready in time"),
        serving(bundle, tmp_path / "log", 0.001),
    ):
        pass


@pytest.mark.parametrize(("reaction", "found"), [("SIG_IGN", "still there"), ("lambda *_: exit(3)", "ended with 3")])
def test_a_server_that_does_not_end_well(
    reaction: str, found: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("reprise.promotion.trial._PATIENCE", 0.5)
    code = f"from signal import *; signal(SIGTERM, {reaction}); print(flush=True); import time; time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        check = _end(Server(process, 0, 0.0, tmp_path))
        process.kill()
    assert check.passed is False
    assert check.found == f"{found} after SIGTERM"


def test_a_server_that_dies_while_it_is_asked(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def kill_and_ask(server: Server, model: Model) -> Check:
        server.process.kill()
        server.process.wait()
        return _examples(server, model)

    monkeypatch.setattr("reprise.promotion.trial._examples", kill_and_ask)
    limits = read_limits(ROOT / "benchmarks/limits.yaml")
    started, died = try_server(bundle, None, limits, tmp_path / "log")
    assert (started.name, started.passed, died.name, died.passed) == ("start", True, "answers", False)
    assert died.expected == "an answer to each request"


def test_ctrl_c_ends_the_server(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Server] = []

    def interrupt(server: Server, model: Model) -> Check:
        asked.append(server)
        raise KeyboardInterrupt

    monkeypatch.setattr("reprise.promotion.trial._examples", interrupt)
    with pytest.raises(KeyboardInterrupt):
        try_server(bundle, None, read_limits(ROOT / "benchmarks/limits.yaml"), tmp_path / "log")
    assert asked[0].process.returncode is not None
    with pytest.raises(ConnectionRefusedError):
        Connection(asked[0].port, 30)
