"""A few raw test inputs with the answers that are expected for them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reprise.bundle import Example
from reprise.datasets.store import Subset
from reprise.files import significant, write_json


def write_examples(
    folder: Path,
    test: Subset,
    probabilities: NDArray[np.float32],
    classes: Sequence[str],
    features: Sequence[str],
    most: int,
) -> tuple[Example, ...]:
    """Write rows of the test set as JSON, one file each, of every class in turn, and return what is expected."""
    folder.mkdir()
    examples = []
    for number, row in enumerate(_in_turn(test.labels, most), start=1):
        file = folder / f"{number}.json"
        # The shortest text that float32 reads back as the same number: what stood in the table, nearly always.
        instance = {
            name: None if np.isnan(value) else float(str(value))
            for name, value in zip(features, test.items[row], strict=True)
        }
        write_json(file, instance)
        answer = probabilities[row]
        examples.append(
            Example(
                file=f"{folder.name}/{file.name}",
                label=classes[int(answer.argmax())],
                probabilities=tuple(significant(float(value)) for value in answer),
            )
        )
    return tuple(examples)


def _in_turn(labels: NDArray[np.int64], most: int) -> list[int]:
    """Take the first example of each class, then the second of each, up to `most`."""
    turns = np.zeros_like(labels)
    for label in np.unique(labels):
        turns[labels == label] = np.arange((labels == label).sum())
    return [int(row) for row in np.lexsort((labels, turns))[:most]]
