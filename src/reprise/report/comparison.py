"""The two sides that a report and the gate compare."""

from dataclasses import dataclass
from pathlib import Path

from reprise.params import Params, read_params
from reprise.report.dvc import stale
from reprise.report.git import base_commit
from reprise.report.side import Side


@dataclass(frozen=True)
class Comparison:
    """A revision and the working tree, with the parameters that hold now.

    `stale` names the stages that would have to run before the reports say what the working tree does.
    """

    base: str
    before: Side
    after: Side
    params: Params
    stale: tuple[str, ...]

    @property
    def task_before(self) -> str | None:
        """The task that was chosen before, None where there were no parameters."""
        task = self.before.yaml("params.yaml").get("task")
        return task if isinstance(task, str) else None

    @property
    def comparable(self) -> bool:
        """Whether the sides are not of two tasks, whose metrics have nothing to do with each other."""
        return self.task_before in {None, self.params.task}


def compare_with(base: str) -> Comparison:
    """Read what is needed to compare the current folder with a revision or an experiment.

    Raises `InputError` where there is no such revision, or parameters or DVC's state cannot be read.
    """
    params = read_params(Path("params.yaml"))
    commit = base_commit(base)
    return Comparison(base, Side("before", commit), Side("now", None), params, tuple(stale()))
