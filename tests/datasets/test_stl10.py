import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reprise.blocks import FilesDecode
from reprise.datasets.sources import Source, open_source
from reprise.errors import DataError

NAMES = ["airplane", "bird", "car"]
COUNTS = {"train": 4, "test": 3, "unlabeled": 6}
LABELS = {"train": bytes([2, 1, 3, 1]), "test": bytes([3, 2, 1])}
# The order of the published archive.
ORDER = [
    "test_X.bin",
    "test_y.bin",
    "train_X.bin",
    "train_y.bin",
    "unlabeled_X.bin",
    "class_names.txt",
    "fold_indices.txt",
]


def pictures(part: str) -> NDArray[np.uint8]:
    """Pictures of noise, uint8 [count, 96, 96, 3]."""
    return np.random.default_rng(len(part)).integers(0, 256, (COUNTS[part], 96, 96, 3), np.uint8)


def content(file: str) -> bytes:
    if file.endswith("_X.bin"):
        # Channel, column, row.
        return np.ascontiguousarray(pictures(file.removesuffix("_X.bin")).transpose(0, 3, 2, 1)).tobytes()
    if file.endswith("_y.bin"):
        return LABELS[file.removesuffix("_y.bin")]
    return "\n".join([*NAMES, ""]).encode() if file == "class_names.txt" else b"0 1\n"


def archive(path: Path, changes: dict[str, bytes | None] | None = None, order: list[str] | None = None) -> Path:
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for name in order or ORDER:
            data = (changes or {}).get(name, content(name))
            if data is not None:
                member = tarfile.TarInfo(f"stl10_binary/{name}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "stl10_binary.tar.gz"


def source(path: Path) -> Source:
    return open_source(path, "stl10", FilesDecode(), frozenset())


def error(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        source(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))
    return str(caught.value).removeprefix(str(path))


@pytest.mark.parametrize("order", [ORDER, ORDER[::-1], sorted(ORDER)])
def test_labelled_pictures_become_examples(place: Path, order: list[str]) -> None:
    opened = source(archive(place, order=order))
    parts = [file.removesuffix("_X.bin") for file in order if file in {"train_X.bin", "test_X.bin"}]
    assert [(e.file, e.row, e.label, e.split) for e in opened.examples] == [
        (f"{part}_X.bin", row, NAMES[label - 1], part) for part in parts for row, label in enumerate(LABELS[part], 1)
    ]
    assert len({e.group for e in opened.examples}) == len(opened.examples)
    read = [np.asarray(Image.open(io.BytesIO(ppm))) for ppm in opened.contents(opened.examples)]
    np.testing.assert_array_equal(np.stack(read), np.concatenate([pictures(part) for part in parts]))


def test_contents_of_some(place: Path) -> None:
    opened = source(archive(place))
    chosen = [
        e for e in opened.examples if (e.file, e.row) in {("test_X.bin", 3), ("train_X.bin", 1), ("train_X.bin", 4)}
    ]
    found = list(opened.contents(chosen))
    train, test = pictures("train"), pictures("test")
    assert [ppm.removeprefix(b"P6\n96 96\n255\n") for ppm in found] == [
        test[2].tobytes(),
        train[0].tobytes(),
        train[3].tobytes(),
    ]


def test_a_folder_with_one_archive(place: Path) -> None:
    assert error(place.parent) == ": no .tar.gz; expected one archive, stl10_binary.tar.gz"
    archive(place)
    assert len(source(place.parent).examples) == 7


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.9999])
def test_an_archive_cut_short_is_refused(place: Path, share: float) -> None:
    whole = archive(place).read_bytes()
    place.write_bytes(whole[: int(len(whole) * share)])
    assert error(place).startswith(": cut short or damaged (")
    assert error(place).endswith("); expected a whole .tar.gz")


def test_an_archive_cut_short_after_it_was_listed_is_refused(place: Path) -> None:
    opened = source(archive(place))
    place.write_bytes(place.read_bytes()[:100_000])
    with pytest.raises(DataError, match="cut short or damaged"):
        list(opened.contents(opened.examples))


def test_missing_files_are_named(place: Path) -> None:
    archive(place, {"train_y.bin": None, "class_names.txt": None})
    assert error(place) == ": no class_names.txt, train_y.bin; expected the files of stl10_binary.tar.gz"


def test_labels_and_pictures_that_do_not_match(place: Path) -> None:
    archive(place, {"train_y.bin": bytes([1, 2])})
    assert error(place) == ": train_X.bin: 110592 bytes; expected 27648 for each of the 2 labels in train_y.bin"


@pytest.mark.parametrize("label", [0, 4])
def test_a_label_without_a_name(place: Path, label: int) -> None:
    archive(place, {"test_y.bin": bytes([1, 2, label])})
    found = f": test_y.bin, row 3: label {label}; expected a number from 1 to 3, which class_names.txt names"
    assert error(place) == found
