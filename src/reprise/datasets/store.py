"""The store: every item of a data set as one memory-mapped array, with an index and a schema.

A folder of `items.npy` [items, *shape], `features.npy` [items, features] where the items are not their own
features, `index.parquet` with one row an item, and `schema.json`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import ValidationError

from reprise.datasets.examples import Example
from reprise.errors import ArtifactError
from reprise.items import Items, Rows
from reprise.schema import Schema


@dataclass(frozen=True)
class Subset:
    """Some of a store's items with the numbers of their classes: items [N, *shape], labels int64 [N]."""

    items: Items
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Store:
    """A data set on disk: `items` and `features` are memory-mapped.

    `index` has the columns file, row, clip, group, label and split; `features` is float32 [items, features].
    """

    items: NDArray[Any]
    features: NDArray[np.float32]
    index: pd.DataFrame
    schema: Schema

    def places(self, split: str) -> NDArray[np.int64]:
        """Return where the items of one split lie, in the order of the store."""
        return np.flatnonzero(self.index["split"] == split)

    def subset(self, split: str) -> Subset:
        """Return the items of one split, in the order of the store."""
        return self.take(self.places(split))

    def take(self, places: NDArray[np.int64]) -> Subset:
        """Return the items at these places."""
        return Subset(Rows(self.items, places), self.index["label"].to_numpy(np.int64)[places])


class StoreWriter:
    """A store that is written item by item, whatever fits in memory; use it as a context.

    `folder` must be empty. Without names of `features` the items are their own.
    """

    def __init__(self, folder: Path, shape: tuple[int, ...], dtype: str, features: int | None = None) -> None:
        self.folder, self.shape, self.dtype = folder, shape, np.dtype(dtype)
        self.count, self.digest = 0, hashlib.sha256()
        self.items = (folder / "items.npy").open("wb")
        self.features = None if features is None else (folder / "features.npy").open("wb")
        self.width = features or 0

    def __enter__(self) -> "StoreWriter":
        self._headers()
        return self

    def __exit__(self, *_: object) -> None:
        self.items.close()
        if self.features:
            self.features.close()

    def add(self, items: NDArray[Any], features: NDArray[np.float32] | None = None) -> None:
        """Append items [n, *shape] with their features float32 [n, features]."""
        assert items.shape[1:] == self.shape
        assert items.dtype == self.dtype
        content = np.ascontiguousarray(items).data
        self.digest.update(content)
        self.items.write(content)
        if self.features:
            assert features is not None
            assert features.shape == (len(items), self.width)
            self.features.write(np.ascontiguousarray(features, np.float32).data)
        self.count += len(items)

    def finish(
        self,
        examples: Sequence[Example],
        splits: Sequence[str],
        modality: str,
        classes: Sequence[str],
        features: Sequence[str],
        sample_rate: int | None = None,
    ) -> None:
        """Write the index and the schema of all items that were added, in their order."""
        assert len(examples) == len(splits) == self.count
        self._headers()  # once more, now that the count is known
        number = {label: place for place, label in enumerate(classes)}
        index = pd.DataFrame(
            {
                "file": [example.file for example in examples],
                "row": np.array([example.row for example in examples], dtype=np.int64),
                "clip": np.array([example.clip for example in examples], dtype=np.int64),
                "group": [example.group for example in examples],
                "label": np.array([number[example.label] for example in examples], dtype=np.int64),
                "split": [str(name) for name in splits],
            }
        )
        index.to_parquet(self.folder / "index.parquet", index=False)
        self.digest.update("\0".join([*(example.label for example in examples), *index["split"]]).encode())
        schema = Schema(
            modality=modality,
            shape=self.shape,
            dtype=str(self.dtype),
            classes=tuple(classes),
            features=tuple(features),
            sample_rate=sample_rate,
            sha256=self.digest.hexdigest(),
        )
        text = schema.model_dump_json(indent=2) + "\n"
        (self.folder / "schema.json").write_text(text, encoding="utf-8", newline="\n")

    def _headers(self) -> None:
        _header(self.items, (self.count, *self.shape), self.dtype)
        if self.features:
            _header(self.features, (self.count, self.width), np.dtype(np.float32))


def _header(file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Write the header of numpy's format at the start, which numpy pads so that it is as long for any count."""
    file.seek(0)
    described = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, described)
    file.seek(0, 2)


def read_store(folder: Path) -> Store:
    """Open a store; raise `ArtifactError` where one of its files is missing or damaged."""
    expected = "what preprocess writes; run `dvc repro`"
    place = folder / "schema.json"
    try:
        schema = Schema.model_validate_json(place.read_bytes())
        place = folder / "items.npy"
        items = np.load(place, mmap_mode="r", allow_pickle=False)
        place = folder / "features.npy"
        features = np.load(place, mmap_mode="r", allow_pickle=False) if schema.modality != "tabular" else items
        place = folder / "index.parquet"
        index = pd.read_parquet(place)
    except FileNotFoundError:
        raise ArtifactError(str(place), "no such file", expected) from None
    except OSError as error:
        if getattr(error, "winerror", None) != 8:  # Windows' word for a file that is shorter than its map
            raise
        raise ArtifactError(str(place), "damaged", expected) from None
    except (ValidationError, ValueError, EOFError, pa.ArrowException):
        raise ArtifactError(str(place), "damaged", expected) from None
    shapes = (items.shape, features.shape)
    if shapes != ((len(index), *schema.shape), (len(index), len(schema.features))):
        raise ArtifactError(str(folder), "files that do not belong together", expected)
    return Store(items, features, index, schema)
