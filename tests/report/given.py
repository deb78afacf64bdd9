"""One side of a comparison out of thin air: its files as texts."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from reprise.report.side import Side


@dataclass(frozen=True)
class Given(Side):
    """A side that has these files and no others."""

    files: Mapping[str, str] = field(default_factory=dict)

    def read(self, path: str) -> str | None:
        return self.files.get(path)


def side(name: str = "now", **files: str) -> Given:
    """Return a side that has these files, by the short names below."""
    return Given(name, None, {_PLACES[key]: text for key, text in files.items()})


def table(header: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ",") -> str:
    """Return a table as the stages write it."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def params(**task: object) -> str:
    """Return a params.yaml whose chosen task has these blocks."""
    return yaml.safe_dump({"task": "mine", "tasks": {"mine": task}})


def curve(column: str, values: Sequence[object]) -> str:
    """Return a curve as DVCLive logs it, from epoch 1."""
    return table(["step", column], list(enumerate(values, 1)), "\t")


def confusion(pairs: Mapping[tuple[str, str], int]) -> str:
    """Return so many rows of each actual and predicted class."""
    return table(["actual", "predicted"], [pair for pair, count in pairs.items() for _ in range(count)])


_PLACES = {
    "params": "params.yaml",
    "lock": "dvc.lock",
    "trained": "reports/train/metrics.json",
    "val_loss": "reports/train/plots/metrics/val/loss.tsv",
    "val_accuracy": "reports/train/plots/metrics/val/accuracy.tsv",
    "train_loss": "reports/train/plots/metrics/train/loss.tsv",
    "confusion": "reports/evaluate/confusion.csv",
    "recall": "reports/evaluate/recall.csv",
    "roc": "reports/evaluate/roc.csv",
    "mistakes": "reports/evaluate/mistakes.csv",
}
