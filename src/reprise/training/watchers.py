"""What looks on while a network trains: the terminal, DVCLive and the profiler."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import torch
from dvclive.live import Live
from tqdm import tqdm

from reprise.errors import InputError
from reprise.files import significant


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training set came to; `number` counts from 1."""

    number: int
    lr: float
    train_loss: float
    val_loss: float
    val_accuracy: float


class Watcher(Protocol):
    """Is told of each optimizer step, each finished epoch, and the end."""

    def step(self) -> None:
        """One step was taken."""

    def epoch(self, epoch: Epoch) -> None:
        """One epoch is done, now or, where training goes on after a stop, before."""

    def end(self, best: Epoch) -> None:
        """Training is over, and `best` is the epoch whose weights are kept."""


class Progress:
    """A bar with the epoch, its losses and the time left, on a terminal only."""

    def __init__(self, epochs: int, steps: int) -> None:
        self.epochs, self.steps = epochs, steps
        self.bar = tqdm(total=epochs * steps, desc=f"epoch 1/{epochs}", unit="step", disable=None, leave=False)

    def step(self) -> None:
        """Move the bar."""
        self.bar.update()

    def epoch(self, epoch: Epoch) -> None:
        """Show the epoch's figures."""
        self.bar.n = epoch.number * self.steps
        self.bar.set_description(f"epoch {min(epoch.number + 1, self.epochs)}/{self.epochs}", refresh=False)
        self.bar.set_postfix(loss=f"{epoch.val_loss:.4f}", accuracy=f"{epoch.val_accuracy:.3f}")

    def end(self, best: Epoch) -> None:
        """Put the kept epoch in place of the bar."""
        self.bar.close()
        print(f"kept epoch {best.number}: validation loss {best.val_loss:.4f}, accuracy {best.val_accuracy:.3f}")


class LiveLog:
    """Metrics of every epoch by DVCLive, for `dvc plots` and `dvc exp show`."""

    def __init__(self, folder: Path) -> None:
        # The defaults would write an experiment and a dvc.yaml of their own beside the pipeline's.
        self.live = Live(str(folder), save_dvc_exp=False, dvcyaml=None, report=None)

    def step(self) -> None:
        """Log nothing: an epoch is the finest grain."""

    def epoch(self, epoch: Epoch) -> None:
        """Log the epoch's figures under its number."""
        self.live.step = epoch.number
        self.live.log_metric("lr", significant(epoch.lr))
        self.live.log_metric("train/loss", significant(epoch.train_loss))
        self.live.log_metric("val/loss", significant(epoch.val_loss))
        self.live.log_metric("val/accuracy", significant(epoch.val_accuracy))
        self.live.make_summary()  # type: ignore[no-untyped-call]

    def end(self, best: Epoch) -> None:
        """Put the kept epoch's figures in the summary, which would hold the last one's."""
        figures = {name: significant(value) for name, value in asdict(best).items()}
        self.live.summary = {
            "best_epoch": best.number,
            "train": {"loss": figures["train_loss"]},
            "val": {"loss": figures["val_loss"], "accuracy": figures["val_accuracy"]},
        }
        self.live.make_summary()  # type: ignore[no-untyped-call]


class Profile:
    """torch.profiler over a number of steps: a table on the screen and a Chrome trace in a file."""

    VARIABLE = "REPRISE_PROFILE"
    TRACE = Path("profile", "trace.json")

    def __init__(self, steps: int) -> None:
        # The first steps allocate and choose kernels, which says nothing of the later ones.
        schedule = torch.profiler.schedule(wait=1, warmup=1, active=steps, repeat=1)
        self.profiler = torch.profiler.profile(schedule=schedule, on_trace_ready=self._report)
        self.profiler.start()

    def step(self) -> None:
        """Tell the profiler."""
        self.profiler.step()

    def epoch(self, epoch: Epoch) -> None:
        """Profile across epochs."""

    def end(self, best: Epoch) -> None:
        """Report on the steps there were, where they were fewer than asked for."""
        self.profiler.stop()

    def _report(self, profiler: torch.profiler.profile) -> None:
        print(profiler.key_averages().table(sort_by="self_cpu_time_total", row_limit=15))
        self.TRACE.parent.mkdir(exist_ok=True)
        profiler.export_chrome_trace(str(self.TRACE))
        print(f"trace: {self.TRACE}, for ui.perfetto.dev or chrome://tracing")


def profiles() -> Sequence[Watcher]:
    """Return a profiler where the environment asks for one: `REPRISE_PROFILE=20` profiles twenty steps."""
    asked = os.environ.get(Profile.VARIABLE)
    if not asked:
        return []
    if not asked.isdecimal() or int(asked) == 0:
        raise InputError(Profile.VARIABLE, repr(asked), "a number of steps to profile")
    return [Profile(int(asked))]
