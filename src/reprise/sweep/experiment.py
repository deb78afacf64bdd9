"""One trial: `dvc exp run` in a copy of the project, watched while it trains."""

import csv
import io
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from reprise.errors import InputError
from reprise.report.side import Side
from reprise.sweep.metric import Metric
from reprise.sweep.process import running
from reprise.sweep.settings import override
from reprise.sweep.snapshot import NOTE, Snapshot

_DVC = (sys.executable, "-m", "dvc")
_POLL_SECONDS = 0.2


class TrialError(InputError):
    """An experiment that did not come to its end; its text is the reason that the stage gave."""

    def __init__(self, reason: str) -> None:
        Exception.__init__(self, reason)


def run_experiment(
    snapshot: Snapshot,
    name: str,
    values: Mapping[str, object],
    metric: Metric,
    watch: Callable[[int, float], None],
) -> float:
    """Run the pipeline with these settings as the DVC experiment `name`, and return its metric.

    `watch` is told the metric after each epoch, counted from 1, where it is one that is known by then; when it raises,
    the run is stopped and leaves nothing. Raises `TrialError` where a stage fails.
    """
    with snapshot.copy() as project:
        log = snapshot.folder / "log"
        curve = _Curve(project, metric.curve, snapshot.head, watch)
        settings = [part for key, value in values.items() for part in ("-S", override(key, value))]
        with log.open("wb") as output:
            command = [*_DVC, "exp", "run", "--name", name, *settings]
            with running(command, project, snapshot.environment, output, snapshot.folder / NOTE) as process:
                while process.poll() is None:
                    time.sleep(_POLL_SECONDS)
                    curve.follow()
        if process.returncode:
            raise TrialError(_reason(log))
        curve.follow()  # what came between the last look and the end: no decision depends on when it was made
        ref = snapshot.bring(project, name)
    return metric.of(Side(name, ref))


class _Curve:
    """The epochs in a table of DVCLive's that were not told yet."""

    def __init__(self, project: Path, path: Path | None, head: str, watch: Callable[[int, float], None]) -> None:
        self.path, self.watch = project / path if path else None, watch
        self.told = 0
        # What git holds of an earlier run is there until training removes it, as committed or as changed since.
        self.old = {Side("HEAD", head).read(path.as_posix()), _text(project / path)} if path else set()

    def follow(self) -> None:
        """Tell the epochs that have come since."""
        text = _text(self.path) if self.path else None
        if self.path is None or text is None or text in self.old:
            return
        whole = text[: text.rfind("\n") + 1]  # DVCLive may be writing the last line
        for row in csv.DictReader(io.StringIO(whole), delimiter="\t"):
            step = int(row["step"])
            if step > self.told:
                self.told = step
                self.watch(step, float(row[self.path.stem]))


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:  # not there yet, or just being replaced
        return None


def _reason(log: Path) -> str:
    """Return the last line that a stage said, or DVC where no stage did: DVC's own only tells which stage it was."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("ERROR: failed to reproduce", "ERROR: Failed to reproduce"))]
    said = (told or lines or ["nothing was said"])[-1]
    return said.removeprefix("error: ").removeprefix("ERROR: ")
