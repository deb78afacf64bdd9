from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reprise.datasets.examples import Example
from reprise.datasets.store import Store, StoreWriter, read_store
from reprise.errors import ArtifactError

ITEMS = np.arange(8, dtype=np.float32).reshape(4, 2)
EXAMPLES = [Example("a.csv", row, label, f"g{row}") for row, label in enumerate("baab", start=2)]
SPLITS = ["train", "test", "train", "val"]
PIXELS = np.arange(4 * 2 * 2 * 3, dtype=np.uint8).reshape(4, 2, 2, 3)


def write_table(folder: Path, items=ITEMS, examples=EXAMPLES) -> Store:
    with StoreWriter(folder, (2,), "float32") as writer:
        writer.add(items[:1])
        writer.add(items[1:])
        writer.finish(examples, SPLITS, "tabular", ("a", "b"), ("x", "y"))
    return read_store(folder)


def write_pictures(folder: Path) -> Store:
    with StoreWriter(folder, (2, 2, 3), "uint8", features=2) as writer:
        writer.add(PIXELS, ITEMS)
        writer.finish(EXAMPLES, SPLITS, "image", ("a", "b"), ("brightness", "contrast"))
    return read_store(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_table(tmp_path)
    return tmp_path


def test_round_trip(folder: Path) -> None:
    store = read_store(folder)
    assert isinstance(store.items, np.memmap)
    train = store.subset("train")
    assert train.items[:].tolist() == [[0, 1], [4, 5]]
    assert train.labels.tolist() == [1, 0]
    assert len(train) == 2
    assert store.index["file"].tolist() == ["a.csv"] * 4
    assert store.index["group"].tolist() == ["g2", "g3", "g4", "g5"]
    assert store.features is store.items
    np.save(folder / "saved.npy", ITEMS)
    assert (folder / "saved.npy").read_bytes() == (folder / "items.npy").read_bytes()


def test_items_with_features_of_their_own(tmp_path: Path) -> None:
    store = write_pictures(tmp_path)
    assert store.items.dtype == np.uint8
    np.testing.assert_array_equal(store.items, PIXELS)
    np.testing.assert_array_equal(store.features, ITEMS)
    np.testing.assert_array_equal(np.asarray(store.subset("train").items), PIXELS[[0, 2]])
    assert store.subset("train").items.shape == (2, 2, 2, 3)


def test_the_digest_is_that_of_items_labels_and_splits(tmp_path: Path) -> None:
    digests = set()
    changed = [replace(EXAMPLES[0], label="a"), replace(EXAMPLES[1], label="b"), *EXAMPLES[2:]]
    for name, items, examples in (("a", ITEMS, EXAMPLES), ("b", ITEMS + 1, EXAMPLES), ("c", ITEMS, changed)):
        (tmp_path / name).mkdir()
        digests.add(write_table(tmp_path / name, items, examples).schema.sha256)
    assert len(digests) == 3


def test_same_bytes(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    write_table(other)
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
