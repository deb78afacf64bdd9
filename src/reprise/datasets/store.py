"""The store: every item of a data set as one memory-mapped array, with an index and a schema.

A folder of three files: `items.npy` [items, *shape], `index.parquet` with one row an item, `schema.json`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from reprise.datasets.examples import Example
from reprise.errors import ArtifactError

VERSION = 1


class Schema(BaseModel):
    """What an item is and what it can be; `sha256` is the `digest` of a whole data set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = VERSION
    modality: str
    shape: tuple[int, ...]
    dtype: str
    classes: tuple[str, ...]
    features: tuple[str, ...]
    sha256: str


@dataclass(frozen=True)
class Subset:
    """Some of a store's items with the numbers of their classes: items [N, *shape], labels int64 [N]."""

    items: NDArray[Any]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Store:
    """A data set on disk: `items` is memory-mapped, `index` has the columns file, row, group, label and split."""

    items: NDArray[Any]
    index: pd.DataFrame
    schema: Schema

    def subset(self, split: str) -> Subset:
        """Return the items of one split, in the order of the store."""
        chosen = np.flatnonzero(self.index["split"] == split)
        return self.take(chosen)

    def take(self, rows: NDArray[np.int64]) -> Subset:
        """Return the items at these rows."""
        return Subset(self.items[rows], self.index["label"].to_numpy(np.int64)[rows])


def digest(items: NDArray[Any], labels: Sequence[str], splits: Sequence[str]) -> str:
    """Return the SHA-256 of the items' bytes, their labels and their splits."""
    found = hashlib.sha256(np.ascontiguousarray(items).data)
    found.update("\0".join([*labels, *splits]).encode())
    return found.hexdigest()


def write_store(
    folder: Path, items: NDArray[Any], examples: Sequence[Example], splits: Sequence[str], schema: Schema
) -> None:
    """Write the three files of a store into `folder`, which must be empty."""
    number = {label: place for place, label in enumerate(schema.classes)}
    index = pd.DataFrame(
        {
            "file": [example.file for example in examples],
            "row": np.array([example.row for example in examples], dtype=np.int64),
            "group": [example.group for example in examples],
            "label": np.array([number[example.label] for example in examples], dtype=np.int64),
            "split": [str(name) for name in splits],
        }
    )
    with (folder / "items.npy").open("wb") as file:
        # What numpy.save does, but through Python's write, which says why a disk refuses.
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(items))
        file.write(np.ascontiguousarray(items).data)
    index.to_parquet(folder / "index.parquet", index=False)
    text = schema.model_dump_json(indent=2) + "\n"
    (folder / "schema.json").write_text(text, encoding="utf-8", newline="\n")


def read_store(folder: Path) -> Store:
    """Open a store; raise `ArtifactError` where one of its files is missing or damaged."""
    expected = "what preprocess writes; run `dvc repro`"
    place = folder / "schema.json"
    try:
        schema = Schema.model_validate_json(place.read_bytes())
        place = folder / "items.npy"
        items = np.load(place, mmap_mode="r", allow_pickle=False)
        place = folder / "index.parquet"
        index = pd.read_parquet(place)
    except FileNotFoundError:
        raise ArtifactError(str(place), "no such file", expected) from None
    except (ValidationError, ValueError, pa.ArrowException):
        raise ArtifactError(str(place), "damaged", expected) from None
    if len(index) != len(items) or items.shape[1:] != schema.shape:
        raise ArtifactError(str(folder), "files that do not belong together", expected)
    return Store(items, index, schema)
