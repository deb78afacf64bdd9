"""From raw data of any format to a store."""

from dataclasses import dataclass
from pathlib import Path

from reprise.datasets.splits import check_classes, split
from reprise.datasets.store import Schema, digest, write_store
from reprise.datasets.tables import read_csv
from reprise.params import Params


@dataclass(frozen=True)
class Prepared:
    """What became of the raw data."""

    examples: int
    duplicates: int


def prepare(params: Params, folder: Path) -> Prepared:
    """Read the raw data of the chosen task, split them, and write their store into the new folder `folder`."""
    task = params.chosen
    table = read_csv(params.source, task.decode)
    classes = check_classes(str(params.source), table.examples)
    labels = [example.label for example in table.examples]
    groups = [example.group for example in table.examples]
    shares = {"train": 1 - task.split.val - task.split.test, "val": task.split.val, "test": task.split.test}
    splits = split(labels, groups, shares, params.seed)
    schema = Schema(
        modality=task.modality,
        shape=table.items.shape[1:],
        dtype=str(table.items.dtype),
        classes=classes,
        features=table.features,
        sha256=digest(table.items, labels, list(splits)),
    )
    folder.mkdir()
    write_store(folder, table.items, table.examples, list(splits), schema)
    return Prepared(len(table.examples), table.duplicates)
