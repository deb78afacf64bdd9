from pathlib import Path

import numpy as np
import pytest

from reprise.datasets.examples import Example
from reprise.datasets.store import Schema, digest, read_store, write_store
from reprise.errors import ArtifactError

ITEMS = np.arange(8, dtype=np.float32).reshape(4, 2)
EXAMPLES = [Example("a.csv", row, label, f"g{row}") for row, label in enumerate("baab", start=2)]
SPLITS = ["train", "test", "train", "val"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    schema = Schema(
        modality="tabular",
        shape=(2,),
        dtype="float32",
        classes=("a", "b"),
        features=("x", "y"),
        sha256=digest(ITEMS, [e.label for e in EXAMPLES], SPLITS),
    )
    write_store(tmp_path, ITEMS, EXAMPLES, SPLITS, schema)
    return tmp_path


def test_round_trip(folder: Path) -> None:
    store = read_store(folder)
    assert isinstance(store.items, np.memmap)
    train = store.subset("train")
    assert train.items.tolist() == [[0, 1], [4, 5]]
    assert train.labels.tolist() == [1, 0]
    assert len(train) == 2
    assert store.index["file"].tolist() == ["a.csv"] * 4
    assert store.index["group"].tolist() == ["g2", "g3", "g4", "g5"]
    assert digest(store.items, list("baab"), SPLITS) == store.schema.sha256
    assert digest(store.items, list("abba"), SPLITS) != store.schema.sha256


def test_same_bytes(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    write_store(other, ITEMS, EXAMPLES, SPLITS, read_store(folder).schema)
    for path in folder.iterdir():
        assert path.read_bytes() == (other / path.name).read_bytes()


@pytest.mark.parametrize("name", ["items.npy", "index.parquet", "schema.json"])
def test_missing_or_damaged(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ArtifactError, match=f"{name}: damaged; expected what preprocess writes"):
        read_store(folder)
    (folder / name).unlink()
    with pytest.raises(ArtifactError, match=f"{name}: no such file"):
        read_store(folder)


def test_files_of_two_stores(folder: Path) -> None:
    np.save(folder / "items.npy", ITEMS[:3])
    with pytest.raises(ArtifactError, match="do not belong together"):
        read_store(folder)
