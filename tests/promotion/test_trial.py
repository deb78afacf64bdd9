"""The server from its start to its end."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from reprise.promotion.checks import Check
from reprise.promotion.limits import read_limits
from reprise.promotion.server import Server, ServerError, serving
from reprise.promotion.trial import _end, _examples, _load, try_server
from reprise.serving.model import Model

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a server is told to end by a signal")


@pytest.mark.long
def test_answers_of_another_model_are_noticed(trained, finished, tmp_path: Path) -> None:
    """The server has the weights of one epoch, and the bundle those of sixty."""
    with serving(trained("wine").folder / "models/bundle", tmp_path / "log", 60) as server:
        check = _examples(server, _load(finished.folder / "models/bundle"))
        assert check.passed is False
        assert _examples(server, _load(trained("wine").folder / "models/bundle")).passed


def test_what_is_no_prediction_is_told(finished, tmp_path: Path) -> None:
    with serving(None, tmp_path / "log", 60) as server:
        check = _examples(server, _load(finished.folder / "models/bundle"))
    assert (check.passed, check.expected) == (False, "a prediction")
    assert check.found.startswith('examples/1.json: 200 {"nothing":')


def test_a_server_that_is_not_there_in_time(finished, tmp_path: Path) -> None:
    with (
        pytest.raises(ServerError, match="the server: not ready in time"),
        serving(finished.folder / "models/bundle", tmp_path / "log", 0.001),
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


def test_a_server_that_dies_while_it_is_asked(finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def kill_and_ask(server: Server, model: Model) -> Check:
        server.process.kill()
        server.process.wait()
        return _examples(server, model)

    monkeypatch.setattr("reprise.promotion.trial._examples", kill_and_ask)
    limits = read_limits(ROOT / "benchmarks/limits.yaml")
    started, died = try_server(finished.folder / "models/bundle", None, limits, tmp_path / "log")
    assert (started.name, started.passed, died.name, died.passed) == ("start", True, "answers", False)
    assert died.expected == "an answer to each request"
