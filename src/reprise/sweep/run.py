"""The command `reprise sweep`: trial after trial until there are as many as asked for."""

import argparse
import re
import sys
import time
from collections.abc import Sequence

import optuna
from optuna import Study, Trial
from optuna.trial import FrozenTrial, TrialState

from reprise.errors import InputError
from reprise.report.git import experiments
from reprise.signals import as_interrupts
from reprise.sweep.experiment import TrialError, run_experiment
from reprise.sweep.metric import Direction, Metric, read_metric
from reprise.sweep.settings import Settings
from reprise.sweep.snapshot import Snapshot, check_repository, remove_leftovers, snapshot
from reprise.sweep.spaces import Space, read_spaces
from reprise.sweep.study import (
    COPY,
    FINISHED,
    give_up,
    open_study,
    queue_again,
    sampler,
    study_name,
)

_FAILURES = 3


def sweep_command(given: argparse.Namespace) -> None:
    """Run what the command line asks for."""
    sweep(given.space, given.trials, given.study, given.storage, given.metric, given.direction)


def sweep(
    texts: Sequence[str],
    trials: int,
    name: str | None = None,
    storage: str | None = None,
    metric: str = "val.loss",
    direction: Direction | None = None,
) -> None:
    """Run trials until the study has `trials` that came to an end or were pruned, then tell the best.

    `texts` are spaces, `KEY=SPACE`. Raises `InputError` where something given is wrong, the first trial fails or
    three do in a row.
    """
    if trials < 1:
        raise InputError("--trials", str(trials), "a whole number of at least 1")
    settings = Settings()
    spaces = read_spaces(texts, settings)
    params = settings.check({space.key: space.ends[0] for space in spaces})
    measured = read_metric(metric, direction)
    name = name or study_name(params.task, spaces, measured)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise InputError("--study", repr(name), "letters, digits, - and _")
    check_repository()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)  # it would tell each failure with its traceback
    with as_interrupts(), open_study(storage, name, params.task, spaces, measured) as study:
        _check_names(study)
        for number in give_up(study, remove_leftovers()):
            _say(f"{name}-{number} was cut off by the end of its process; its settings are tried again")
        sweep_ = _Sweep(study, spaces, measured, params.seed, trials)
        if sweep_.wanted():
            with snapshot() as project:
                sweep_.run(project)
        _conclude(study, measured, spaces, trials)


class _Sweep:
    """The trials of this process."""

    def __init__(self, study: Study, spaces: Sequence[Space], metric: Metric, seed: int, trials: int) -> None:
        self.study, self.spaces, self.metric, self.seed, self.trials = study, spaces, metric, seed, trials
        self.failures = 0
        self.began = 0.0
        self.taken = False  # the trial, by a process that thought this one dead

    def wanted(self) -> bool:
        """Whether another trial is to be begun; those that run elsewhere count as if they were done."""
        states = (*FINISHED, TrialState.RUNNING)
        return len(self.study.get_trials(deepcopy=False, states=states)) < self.trials

    def run(self, project: Snapshot) -> None:
        """Run trials until none is wanted."""
        current: list[Trial] = []

        def objective(trial: Trial) -> float:
            current[:] = [trial]
            try:
                return self._trial(trial, project)
            finally:
                self.taken = self.study.get_trials(deepcopy=False)[trial.number].state.is_finished()

        try:
            self.study.optimize(objective, catch=(TrialError,), callbacks=[self._tell])
        except KeyboardInterrupt:
            for trial in current:
                self._stopped(trial.number)
            raise
        except Exception:
            if not self.taken:
                raise
            found = "given to another process, since nothing was heard from this one"
            raise InputError(f"{self.study.study_name}-{current[0].number}", found, "the same command again") from None

    def _trial(self, trial: Trial, project: Snapshot) -> float:
        self.began = time.monotonic()
        trial.set_user_attr(COPY, project.name)
        self.study.sampler = sampler(self.seed, trial.number)
        values = {space.key: space.draw(trial) for space in self.spaces}

        def watch(epoch: int, value: float) -> None:
            trial.report(value, epoch)
            if trial.should_prune():
                trial.set_user_attr("epoch", epoch)
                raise optuna.TrialPruned

        try:
            return run_experiment(project, _name(self.study, trial), values, self.metric, watch)
        except TrialError as error:
            trial.set_user_attr("reason", str(error))
            raise

    def _tell(self, study: Study, trial: FrozenTrial) -> None:
        state, name = trial.state, _name(study, trial)
        if state == TrialState.COMPLETE:
            told = f"{self.metric.told} {trial.value:.6g}"
        elif state == TrialState.PRUNED:
            told = f"pruned at epoch {trial.user_attrs['epoch']}, {self.metric.told} {trial.value:.6g}"
        else:
            told = f"failed: {trial.user_attrs['reason']}"
        _say(f"{name}: {told}  ({_settings(trial, self.spaces)}; {time.monotonic() - self.began:.0f} s)")
        self.failures = self.failures + 1 if state == TrialState.FAIL else 0
        if self.failures and not study.get_trials(deepcopy=False, states=FINISHED):
            raise InputError(name, "the first trial failed", "one that comes to its end; its reason is above")
        if self.failures == _FAILURES:
            raise InputError(name, f"{_FAILURES} trials failed in a row", "settings that can be trained")
        if not self.wanted():
            study.stop()

    def _stopped(self, number: int) -> None:
        trial = self.study.trials[number]
        if trial.state == TrialState.FAIL and "reason" not in trial.user_attrs:
            queue_again(self.study, trial)
            _say(f"{_name(self.study, trial)}: stopped; the same command tries its settings again and goes on")


def _conclude(study: Study, metric: Metric, spaces: Sequence[Space], trials: int) -> None:
    finished = study.get_trials(deepcopy=False, states=FINISHED)
    complete = [trial for trial in finished if trial.state == TrialState.COMPLETE]
    running = len(study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)))
    elsewhere = f", {running} running elsewhere" if running else ""
    pruned = len(finished) - len(complete)
    _say(f"{len(finished)} of {trials} trials: {len(complete)} complete, {pruned} pruned{elsewhere}")
    if not complete:
        return
    name = _name(study, study.best_trial)
    _say(f"best: {name}, {metric.told} {study.best_value:.6g}  ({_settings(study.best_trial, spaces)})")
    if name in experiments():
        _say(f"dvc exp apply {name}")
    else:
        _say(f"{name} is not in this repository; where it ran: dvc exp push origin {name}")


def _check_names(study: Study) -> None:
    """Raise `InputError` where a trial to come would have the name of an experiment that is there."""
    pattern = re.compile(rf"{re.escape(study.study_name)}-(\d+)")
    known = len(study.get_trials(deepcopy=False))
    for name in experiments():
        found = pattern.fullmatch(name)
        if found and int(found[1]) >= known:
            where = f"--study {study.study_name}"
            raise InputError(where, f"there is an experiment {name} already", "another name, or none: dvc exp remove")


def _name(study: Study, trial: Trial | FrozenTrial) -> str:
    return f"{study.study_name}-{trial.number}"


def _settings(trial: FrozenTrial, spaces: Sequence[Space]) -> str:
    """Return what was chosen, each by the end of its name, floats to four digits."""
    told = []
    for space in spaces:
        if space.key in trial.params:
            value = trial.params[space.key]
            shown = f"{value:.4g}" if isinstance(value, float) else str(value)
            told.append(f"{space.key.rpartition('.')[2]}={shown}")
    return " ".join(told)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
