"""Sweeps in a small project: every run is a real `dvc exp run`."""

import json
import re
import signal
import sys
from contextlib import AbstractContextManager
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
from sweep.small import Small

RATES = "lr=log:1e-5:1e-1"
EPOCHS = "tasks.wine.train.epochs=8"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and shells of POSIX")


def add_finished(number: int, rates: str = RATES, *next_ones: float) -> None:
    """Begin the study with trials that another machine finished, each with a loss of 1 divided by the epoch."""
    with opened(rates) as study:
        curve = {epoch: 1 / epoch for epoch in range(1, 9)}
        study.add_trials([optuna.create_trial(value=1 / 8, intermediate_values=curve)] * number)
        for rate in next_ones:
            study.enqueue_trial({"lr": rate})


def opened(rates: str = RATES) -> AbstractContextManager[optuna.Study]:
    spaces = read_spaces([rates, EPOCHS], Settings())
    return open_study(None, "try", "wine", spaces, read_metric("val.loss", None))


@pytest.mark.long
def test_what_ctrl_c_and_kill_9_ended_is_tried_again_and_every_trial_is_an_experiment(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    stopped, killed = [small.start("2", RATES, EPOCHS, HANGS_AT="2") for _ in range(2)]
    small.wait_for_training(2)
    before = [trial.params["lr"] for trial in small.trials(TrialState.RUNNING)]
    assert len(set(before)) == 2, "two processes share a study"
    stopped.send_signal(signal.SIGINT)
    told, errors = stopped.communicate(timeout=60)
    assert stopped.returncode == 130
    assert re.fullmatch("try-[01]: stopped; the same command tries its settings again and goes on\n", told)
    assert errors == "\nstopped\n"
    killed.kill()
    killed.communicate()
    assert not small.clean()
    sweep([RATES, EPOCHS], 1, "try")
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch("try-[01] was cut off by the end of its process; its settings are tried again", lines[0])
    assert re.fullmatch(r"try-2: val.loss [\d.]+  \(lr=[-\de.]+; \d+ s\)", lines[1])
    assert lines[2] == "1 of 1 trials: 1 complete, 0 pruned"
    assert lines[3].startswith("best: try-2, val.loss")
    assert lines[4] == "dvc exp apply try-2"
    assert small.clean()
    sweep([EPOCHS, RATES], 2, "try")
    assert capsys.readouterr().out.startswith("try-3: val.loss")
    trials = small.trials(TrialState.COMPLETE)
    assert sorted(trial.params["lr"] for trial in trials) == sorted(before)
    for trial in trials:
        (ref,) = small.git("for-each-ref", "--format=%(refname)", f"refs/exps/*/*/try-{trial.number}").split()
        # With the change that was not committed, and its own settings.
        assert "math.log10" in small.git("show", f"{ref}:train.py")
        assert f"lr: {trial.params['lr']}\n" in small.git("show", f"{ref}:params.yaml")
        assert json.loads(small.git("show", f"{ref}:reports/train/metrics.json"))["val"]["loss"] == trial.value
        assert list(trial.intermediate_values) == list(range(1, 9))
    sweep([RATES, EPOCHS], 2, "try")
    assert capsys.readouterr().out.startswith("2 of 2 trials")
    assert small.experiments() == ["try-2", "try-3"]
    assert small.clean()


@pytest.mark.long
def test_a_failure_is_told_and_a_trial_worse_than_the_median_is_stopped(
    small: Small, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = "lr=log:1e-5:10"
    add_finished(5, rates, 2.0, 1e-5)
    monkeypatch.setenv("HANGS_AT", "5")
    sweep([rates, EPOCHS], 6, "try")
    failed, pruned, *told = capsys.readouterr().out.splitlines()
    said = r"try-5: failed: params.yaml: lr: 2: the loss is no number; expected less of it  \(lr=2; \d+ s\)"
    assert re.fullmatch(said, failed)
    assert re.match(r"try-6: pruned at epoch 5, val.loss 2.2  \(lr=1e-05", pruned)
    assert told[0] == "6 of 6 trials: 5 complete, 1 pruned"
    # The best is one that ran elsewhere.
    assert told[1].startswith("best: try-0, val.loss 0.125")
    assert told[2].startswith("try-0 is not in this repository")
    assert small.experiments() == []
    assert small.clean()


def test_the_name_of_another_study_or_experiment_is_told(small: Small) -> None:
    add_finished(1)
    with pytest.raises(InputError, match=r"one already, of wine; lr=log:1e-05:0\.1 tasks\.wine\.train\.epochs=8;"):
        sweep(["lr=log:1e-4:1e-1", EPOCHS], 3, "try")
    small.git("update-ref", f"refs/exps/{'0' * 2}/{'0' * 38}/try-1", "HEAD")
    with pytest.raises(InputError, match="there is an experiment try-1 already"):
        sweep([RATES, EPOCHS], 3, "try")


def test_a_trial_that_runs_elsewhere_counts(
    small: Small, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened() as study:
        study.add_trial(optuna.create_trial(state=TrialState.RUNNING))
    monkeypatch.setattr("reprise.sweep.run.run_experiment", lambda *_: 0.5)
    sweep([RATES, EPOCHS], 2, "try")
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("try-1: val.loss 0.5")
    assert told[1] == "1 of 2 trials: 1 complete, 0 pruned, 1 running elsewhere"


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


def test_under_nohup_a_sweep_outlives_its_terminal(
    small: Small, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object) -> float:
        signal.raise_signal(signal.SIGHUP)
        return 0.5

    monkeypatch.setattr("reprise.sweep.run.run_experiment", run)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        sweep([RATES], 1, "try")
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert "1 of 1 trials: 1 complete" in capsys.readouterr().out


def test_a_trial_that_another_process_took_over_ends_the_sweep(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> float:
        # As after two minutes in which this machine slept.
        with opened() as study:
            study.tell(0, state=TrialState.FAIL)
        return 0.5

    monkeypatch.setattr("reprise.sweep.run.run_experiment", run)
    with pytest.raises(InputError, match="try-0: given to another process, since nothing was heard from this one"):
        sweep([RATES, EPOCHS], 1, "try")
    assert small.clean()


def test_a_failure_of_the_first_or_of_three_in_a_row_ends_the_sweep(
    small: Small, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = iter(["bad", "bad", 0.5, "bad", "bad", "bad", 0.5])

    def run(*_: object) -> float:
        end = next(ends)
        if isinstance(end, str):
            raise TrialError(end)
        return end

    monkeypatch.setattr("reprise.sweep.run.run_experiment", run)
    with pytest.raises(InputError, match="try-0: the first trial failed"):
        sweep([RATES, EPOCHS], 9, "try")
    add_finished(1)
    with pytest.raises(InputError, match="try-6: 3 trials failed in a row"):
        sweep([RATES, EPOCHS], 9, "try")
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == [
        *["failed:"] * 2,
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
