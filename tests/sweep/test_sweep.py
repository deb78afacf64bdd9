"""Sweeps in a small project: every run is a real `dvc exp run`."""

import json
import re
import signal
import sys
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from reprise.errors import InputError
from reprise.sweep.experiment import TrialError
from reprise.sweep.metric import read_metric
from reprise.sweep.run import sweep
from reprise.sweep.settings import Settings
from reprise.sweep.spaces import read_spaces
from reprise.sweep.study import open_study
from sweep.small import SLOW, Small

RATES = "lr=log:1e-5:1e-1"
EPOCHS = "tasks.wine.train.epochs=8"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform == "win32", reason="signals and shells of POSIX"),
]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    return Small(tmp_path)


def test_every_trial_is_an_experiment_and_the_same_command_goes_on(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep([RATES, EPOCHS], 1, "try")
    told = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"try-0: val.loss [\d.]+  \(lr=[-\de.]+; \d+ s\)", told[0])
    assert told[1] == "1 of 1 trials: 1 complete, 0 pruned"
    assert told[2].startswith("best: try-0, val.loss")
    assert told[3] == "dvc exp apply try-0"
    assert small.clean()
    trials = small.trials()
    for trial in trials:
        (ref,) = small.git("for-each-ref", "--format=%(refname)", f"refs/exps/*/*/try-{trial.number}").split()
        # With the change that was not committed, and its own settings.
        assert "math.log10" in small.git("show", f"{ref}:train.py")
        assert f"lr: {trial.params['lr']}\n" in small.git("show", f"{ref}:params.yaml")
        assert json.loads(small.git("show", f"{ref}:reports/train/metrics.json"))["val"]["loss"] == trial.value
        assert list(trial.intermediate_values) == list(range(1, 9))
    sweep([EPOCHS, RATES], 2, "try")
    assert capsys.readouterr().out.startswith("try-1: val.loss")
    assert len({trial.params["lr"] for trial in small.trials()}) == 2
    sweep([RATES, EPOCHS], 2, "try")
    assert capsys.readouterr().out.startswith("2 of 2 trials")
    with pytest.raises(InputError, match=r"one already, of wine; lr=log:1e-05:0\.1 tasks\.wine\.train\.epochs=8;"):
        sweep(["lr=log:1e-4:1e-1", EPOCHS], 3, "try")
    with pytest.raises(InputError, match="there is an experiment try-0 already"):
        sweep([RATES, EPOCHS], 3, "try", "sqlite:///other.db")
    assert small.experiments() == ["try-0", "try-1"]


def add_finished(texts: list[str], number: int) -> None:
    """Begin the study with trials that another machine finished, each with a loss of 1 divided by the epoch."""
    spaces = read_spaces(texts, Settings())
    with open_study(None, "try", "wine", spaces, read_metric("val.loss", None)) as study:
        curve = {epoch: 1 / epoch for epoch in range(1, 9)}
        study.add_trials([optuna.create_trial(value=1 / 8, intermediate_values=curve)] * number)


def test_a_trial_worse_than_the_median_is_stopped_and_leaves_nothing(
    small: Small, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_finished([RATES, EPOCHS], 5)
    monkeypatch.setenv("EPOCH_SECONDS", SLOW["EPOCH_SECONDS"])
    sweep([RATES, EPOCHS], 6, "try")
    told = capsys.readouterr().out
    assert re.match(r"try-5: pruned at epoch [5678], val.loss [\d.]+  \(lr=", told), told
    assert "6 of 6 trials: 5 complete, 1 pruned" in told
    # The best is one that ran elsewhere.
    assert "best: try-0, val.loss 0.125" in told
    assert "try-0 is not in this repository" in told
    assert small.experiments() == []
    assert small.clean()


def test_ctrl_c_puts_the_trial_back_and_the_same_command_takes_it(small: Small) -> None:
    process = small.start("2", RATES, EPOCHS, **SLOW)
    small.wait_for_training()
    process.send_signal(signal.SIGINT)
    told, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told == "try-0: stopped; the same command tries its settings again and goes on\n"
    assert errors == "\nstopped\n"
    assert small.clean()
    (failed,) = small.trials(TrialState.FAIL)
    sweep([RATES, EPOCHS], 1, "try")
    (complete,) = small.trials(TrialState.COMPLETE)
    assert complete.params == failed.params
    assert small.experiments() == ["try-1"]


def test_a_termination_is_a_ctrl_c(
    small: Small, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object) -> float:
        signal.raise_signal(signal.SIGTERM)
        return 0.5

    monkeypatch.setattr("reprise.sweep.run.run_experiment", run)
    with pytest.raises(KeyboardInterrupt):
        sweep([RATES], 1, "try")
    assert capsys.readouterr().out.startswith("try-0: stopped")
    assert [trial.state for trial in small.trials()] == [TrialState.FAIL, TrialState.WAITING]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_trial_that_another_process_took_over_ends_the_sweep(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> float:
        # As after two minutes in which this machine slept.
        spaces = read_spaces([RATES], Settings())
        with open_study(None, "try", "wine", spaces, read_metric("val.loss", None)) as study:
            study.tell(0, state=TrialState.FAIL)
        return 0.5

    monkeypatch.setattr("reprise.sweep.run.run_experiment", run)
    with pytest.raises(InputError, match="try-0: given to another process, since nothing was heard from this one"):
        sweep([RATES], 1, "try")
    assert small.clean()


def test_after_kill_9_the_trial_is_tried_again_and_nothing_is_left(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    process = small.start("2", RATES, EPOCHS, **SLOW)
    small.wait_for_training()
    (curve,) = small.curves()
    process.kill()
    process.communicate()
    (running,) = small.trials(TrialState.RUNNING)
    sweep([RATES, EPOCHS], 1, "try")
    assert capsys.readouterr().out.startswith("try-0 was cut off by the end of its process")
    (complete,) = small.trials(TrialState.COMPLETE)
    assert complete.params == running.params
    assert not curve.exists()
    assert small.clean()


def test_two_processes_share_a_study(small: Small) -> None:
    processes = [small.start("2", RATES, EPOCHS) for _ in range(2)]
    told = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], told
    assert len({trial.params["lr"] for trial in small.trials(TrialState.COMPLETE)}) == 2
    assert small.experiments() == ["try-0", "try-1"]
    lines = [line.split(":")[0] for output, _ in told for line in output.splitlines() if line.startswith("try-")]
    assert sorted(lines) == ["try-0", "try-1"]
    assert small.clean()


def test_a_failure_is_told_and_ends_the_sweep_when_it_is_the_first(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match="try-0: the first trial failed"):
        sweep(["lr=2.0:3.0", EPOCHS], 4, "try")
    said = r"try-0: failed: params.yaml: lr: [\d.]+: the loss is no number; expected less of it  \(lr=[\d.]+; \d+ s\)\n"
    assert re.fullmatch(said, capsys.readouterr().out)
    assert small.experiments() == []
    assert small.clean()


def test_three_failures_in_a_row_end_the_sweep(
    small: Small, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = iter(["bad", 0.5, "bad", "bad", "bad", 0.5])

    def run(*_: object) -> float:
        end = next(ends)
        if isinstance(end, str):
            raise TrialError(end)
        return end

    monkeypatch.setattr("reprise.sweep.run.run_experiment", run)
    add_finished([RATES], 1)
    with pytest.raises(InputError, match="try-5: 3 trials failed in a row"):
        sweep([RATES], 9, "try")
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == [
        "failed:",
        "val.loss",
        *["failed:"] * 3,
    ]


def test_a_database_that_is_lost_in_the_middle_is_told(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> float:
        for path in Path("sweeps").glob("studies.db*"):
            path.write_bytes(b"nothing of a database" * 1000)
        return 0.5

    monkeypatch.setattr("reprise.sweep.run.run_experiment", run)
    with pytest.raises(InputError, match="--storage sweeps: file is not a database; expected"):
        sweep([RATES], 9, "try")
    assert small.clean()


STORAGES = [
    ("sqlite:////no/such/folder/x.db", "--storage sqlite:////no/such/folder/x.db: unable to open database file"),
    ("nonsense", "--storage URL: Could not parse SQLAlchemy URL"),
    ("oracle2://me:secret@host/x", r"--storage oracle2://me:\*\*\*@host/x: Can't load plugin"),
]


@pytest.mark.parametrize(("url", "said"), STORAGES)
def test_a_database_that_cannot_be_reached_is_told(small: Small, url: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as told:
        sweep([RATES], 1, "try", url)
    assert "secret" not in str(told.value)
    assert "\n" not in str(told.value)
    assert small.clean()


@pytest.mark.parametrize(
    ("name", "trials", "said"),
    [("a b", 1, "--study: 'a b'; expected letters"), ("try", 0, "--trials: 0; expected a whole number of at least 1")],
)
def test_what_cannot_be_asked_for_is_told(small: Small, name: str, trials: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        sweep([RATES], trials, name)
    assert not (small.folder / "sweeps").exists()


def test_outside_of_a_repository_it_is_told(small: Small) -> None:
    (small.folder / ".git").rename("not-git")
    with pytest.raises(InputError, match="git rev-parse: not a git repository"):
        sweep([RATES], 1, "try")
