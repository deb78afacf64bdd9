"""Optuna's study behind a sweep: where it is kept, what it is of, and what a killed process left in it."""

import hashlib
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import optuna
from optuna import Study
from optuna.exceptions import ExperimentalWarning, StorageInternalError, UpdateFinishedTrialError
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from reprise.errors import InputError
from reprise.sweep.metric import Metric
from reprise.sweep.spaces import Space

PLACE = Path("sweeps")
# A trial of which nothing was heard for so long is given to the next who asks.
_BEAT_SECONDS, _GRACE_SECONDS = 30, 120
_BUSY_SECONDS = 60
_TRIES, _TRY_SECONDS = 5, 0.3
_RETRIES = 3
# How many trials end before any is pruned, and the first epoch at which one may be: earlier ones say little.
_STARTUP_TRIALS, _FIRST_EPOCH = 5, 5
_ATTRIBUTE = "reprise"
# Which copy of the project a trial runs in.
COPY = "copy"
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


@contextmanager
def open_study(storage: str | None, name: str, task: str, spaces: Sequence[Space], metric: Metric) -> Iterator[Study]:
    """Open or begin a study.

    Raises `InputError` where one of that name is of something else, and where the database does not answer, then or
    at any time in the block.
    """
    try:
        kept = _connect(storage)
        try:
            pruner = MedianPruner(n_startup_trials=_STARTUP_TRIALS, n_warmup_steps=_FIRST_EPOCH)
            study = optuna.create_study(
                storage=kept, study_name=name, direction=metric.direction, pruner=pruner, load_if_exists=True
            )
            _claim(study, task, spaces, metric)
            with _quiet_heartbeats():
                yield study
        finally:
            kept.remove_session()
            kept.engine.dispose()
    except InputError:
        raise
    except Exception as error:
        # Optuna may stumble over what it does with an error of its database.
        lost = _of_storage(error)
        if lost is None:
            raise
        raise _storage_error(storage, lost) from None


def _of_storage(error: BaseException | None) -> Exception | None:
    while error is not None:
        if isinstance(error, SQLAlchemyError | StorageInternalError):
            return error
        error = error.__cause__ or error.__context__
    return None


@contextmanager
def _quiet_heartbeats() -> Iterator[None]:
    """Leave it to the main thread to tell that the database is gone."""
    before = threading.excepthook

    def tell(thread: threading.ExceptHookArgs) -> None:
        if _of_storage(thread.exc_value) is None:
            before(thread)

    threading.excepthook = tell
    try:
        yield
    finally:
        threading.excepthook = before


def _claim(study: Study, task: str, spaces: Sequence[Space], metric: Metric) -> None:
    ours = {"task": task, "spaces": sorted(space.told for space in spaces), "metric": metric.told}
    ours["direction"] = metric.direction
    theirs = study.user_attrs.get(_ATTRIBUTE)
    if theirs is None and not study.get_trials(deepcopy=False):
        study.set_user_attr(_ATTRIBUTE, ours)
    elif theirs != ours:
        found = _told(theirs) if theirs else "trials that are not of reprise"
        where = f"--study {study.study_name}"
        raise InputError(where, f"there is one already, of {found}", "the same again, or another name")


def study_name(task: str, spaces: Sequence[Space], metric: Metric) -> str:
    """Return the name of a study that was given none: the same for the same."""
    told = "\n".join([task, *sorted(space.told for space in spaces), metric.told, metric.direction])
    return f"{task}-{hashlib.sha256(told.encode()).hexdigest()[:6]}"


def sampler(seed: int, number: int) -> TPESampler:
    """Return what draws a trial: from the seed, its number and the trials before it.

    A sampler for the whole sweep would, after a stop or in a second process, draw what was drawn before.
    """
    return TPESampler(seed=int(np.random.SeedSequence([seed, number]).generate_state(1)[0]))


def give_up(study: Study, copies: Sequence[str]) -> list[int]:
    """Fail the trials that ran in these copies of the project, and queue them again; return their numbers."""
    found = []
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if trial.user_attrs.get(COPY) in copies:
            try:
                study.tell(trial.number, state=TrialState.FAIL)
            except (UpdateFinishedTrialError, ValueError):  # another process was here first
                continue
            queue_again(study, trial)
            found.append(trial.number)
    return found


def queue_again(study: Study, trial: FrozenTrial) -> None:
    """Have the settings of a trial that was not to blame tried once more, three times at most."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        RetryHeartbeatStaleTrialCallback(max_retry=_RETRIES)(study, trial)


def _connect(storage: str | None) -> RDBStorage:
    url = storage or _default_storage()
    for _ in range(_TRIES - 1):
        try:
            return _open(url)
        except (SQLAlchemyError, StorageInternalError) as error:
            # Another process makes the tables at this moment.
            if not any(word in str(error) for word in ("already exists", "UNIQUE", "duplicate key")):
                raise
            time.sleep(_TRY_SECONDS)
    return _open(url)


def _open(url: str) -> RDBStorage:
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # of heartbeats, which Optuna has had since 2021
        try:
            return RDBStorage(
                url,
                engine_kwargs={"connect_args": {"timeout": _BUSY_SECONDS}} if is_sqlite else None,
                heartbeat_interval=_BEAT_SECONDS,
                grace_period=_GRACE_SECONDS,
                heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(max_retry=_RETRIES),
            )
        except (ImportError, RuntimeError) as error:  # no driver; tables of another version of Optuna
            raise _storage_error(url, error) from None


def _storage_error(storage: str | None, error: Exception) -> InputError:
    # What the database said lies under what SQLAlchemy and Optuna made of it.
    cause = error.__cause__ or error
    reason = str(getattr(cause, "orig", None) or cause).strip().splitlines()[0]
    return InputError(f"--storage {_shown(storage)}", reason, "the URL of a database that can be reached")


def _default_storage() -> str:
    """Return the URL of a file of our own, in a folder that git ignores by itself."""
    PLACE.mkdir(exist_ok=True)
    (PLACE / ".gitignore").write_text("*\n", encoding="utf-8")
    return f"sqlite:///{(PLACE / 'studies.db').as_posix()}"


def _shown(storage: str | None) -> str:
    if storage is None:
        return str(PLACE)
    try:
        return make_url(storage).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return "URL"


def _told(study: dict[str, object]) -> str:
    return "; ".join(" ".join(value) if isinstance(value, list) else str(value) for value in study.values())
