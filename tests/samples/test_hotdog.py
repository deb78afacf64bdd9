from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reprise.samples import hotdog


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("hotdog")
    hotdog.make(folder)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def count(files: list[Path], *parts: str) -> int:
    return sum(path.parts[-3:-1] == parts for path in files)


def test_as_many_pictures_of_each_class(files) -> None:
    assert count(files, "train", "hotdog") == count(files, "train", "nothotdog") == 240
    assert count(files, "test", "hotdog") == count(files, "test", "nothotdog") == 60
    assert len(files) == 600


def test_every_picture_can_be_read_and_sizes_vary(files) -> None:
    sizes = set()
    for path in files:
        with Image.open(path) as picture:
            assert picture.format == {".jpg": "JPEG", ".png": "PNG"}[path.suffix]
            assert picture.mode == "RGB"
            assert np.asarray(picture).std() > 5
            sizes.add(picture.size)
    assert min(min(size) for size in sizes) >= 96
    assert max(max(size) for size in sizes) <= 160
    assert len(sizes) > 400


def test_one_in_eight_is_png_in_each_class(files) -> None:
    for label in ("hotdog", "nothotdog"):
        of_class = [path for path in files if path.parent.name == label]
        assert sum(path.suffix == ".png" for path in of_class) == 37


def test_no_picture_twice_and_all_together_small(files) -> None:
    contents = {path.read_bytes() for path in files}
    assert len(contents) == len(files)
    assert sum(map(len, contents)) < 5_000_000


def test_the_same_bytes_again(files, tmp_path) -> None:
    hotdog.make(tmp_path)
    for path in files:
        assert tmp_path.joinpath(*path.parts[-3:]).read_bytes() == path.read_bytes()
