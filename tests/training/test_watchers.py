import json
from pathlib import Path

import pytest

from reprise.errors import InputError
from reprise.training.watchers import Epoch, LiveLog, Profile, Progress, profiles

EPOCHS = [Epoch(number, 0.1 / number, 1.23456789 / number, 2.0 / number, number / 10) for number in (1, 2, 3)]


def test_progress_is_one_line_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(3, 2)
    for epoch in EPOCHS:
        progress.step()
        progress.step()
        progress.epoch(epoch)
    progress.end(EPOCHS[1])
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out == "kept epoch 2: validation loss 1.0000, accuracy 0.200\n"


def test_progress_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    progress = Progress(3, 2)
    progress.step()
    progress.epoch(EPOCHS[0])
    progress.bar.refresh()
    shown = capsys.readouterr().err
    progress.bar.close()
    assert "epoch 2/3" in shown
    assert "loss=2.0000" in shown
    assert "accuracy=0.100" in shown
    assert "2/6 [" in shown  # with the time gone and the time left behind it


def test_live_log(project) -> None:
    log = LiveLog(Path("log"))
    for epoch in EPOCHS:
        log.step()
        log.epoch(epoch)
    assert json.loads(Path("log/metrics.json").read_text())["val"]["loss"] == pytest.approx(2 / 3, rel=1e-5)
    log.end(EPOCHS[1])
    assert json.loads(Path("log/metrics.json").read_text()) == {
        "best_epoch": 2,
        "train": {"loss": 0.617284},
        "val": {"loss": 1.0, "accuracy": 0.2},
        "step": 3,
    }
    assert Path("log/plots/metrics/val/loss.tsv").read_text() == "step\tloss\n1\t2.0\n2\t1.0\n3\t0.666667\n"
    assert not Path("dvc.yaml").exists()


def test_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(Profile.VARIABLE, "2")
    (profile,) = profiles()
    for _ in range(6):
        profile.step()
    profile.epoch(EPOCHS[0])
    profile.end(EPOCHS[0])
    assert "Self CPU" in capsys.readouterr().out
    assert "traceEvents" in json.loads(Profile.TRACE.read_text())


def test_nothing_is_profiled_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(Profile.VARIABLE, raising=False)
    assert list(profiles()) == []
    for wrong in ("0", "yes", "-1"):
        monkeypatch.setenv(Profile.VARIABLE, wrong)
        with pytest.raises(InputError, match="expected a number of steps to profile"):
            profiles()
