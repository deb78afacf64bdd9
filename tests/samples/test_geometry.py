import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from reprise.samples import geometry

TRAIN = [f"data_batch_{number}" for number in range(1, 6)]


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("geometry")
    geometry.make(folder)
    (path,) = folder.iterdir()
    return path


@pytest.fixture(scope="module")
def batches(archive) -> dict[str, dict]:
    with tarfile.open(archive) as file:
        members = [member for member in file if member.isfile()]
        return {Path(member.name).name: pickle.load(file.extractfile(member), encoding="bytes") for member in members}


def test_the_members_are_those_of_the_official_archive(archive) -> None:
    assert archive.name == "cifar-10-python.tar.gz"
    with tarfile.open(archive) as file:
        members = file.getmembers()
    names = {f"cifar-10-batches-py/{name}" for name in [*TRAIN, "test_batch", "batches.meta"]}
    assert {member.name for member in members} == names | {"cifar-10-batches-py"}
    assert {(member.mtime, member.uid, member.gid, member.uname) for member in members} == {(0, 0, 0, "")}


def test_each_batch_is_laid_out_as_cifar10(batches) -> None:
    for name in [*TRAIN, "test_batch"]:
        batch = batches[name]
        assert set(batch) == {b"batch_label", b"labels", b"data", b"filenames"}
        assert batch[b"data"].dtype == np.uint8
        assert batch[b"data"].shape == (len(batch[b"labels"]), 3072)
        assert len(batch[b"filenames"]) == len(batch[b"labels"])
        assert all(type(label) is int for label in batch[b"labels"])
    meta = batches["batches.meta"]
    assert meta[b"label_names"] == [b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8", b"9"]
    assert meta[b"num_vis"] == 3072
    assert {len(batches[name][b"labels"]) for name in TRAIN} == {meta[b"num_cases_per_batch"]}


def test_every_digit_is_there_once_and_grey(batches) -> None:
    names = [name for batch in [*TRAIN, "test_batch"] for name in batches[batch][b"filenames"]]
    assert len(set(names)) == len(names) == 1797
    for name in [*TRAIN, "test_batch"]:
        red, green, blue = np.split(batches[name][b"data"], 3, axis=1)
        assert (red == green).all()
        assert (red == blue).all()


def test_pictures_are_the_digits_of_their_labels(batches) -> None:
    digits, batch = load_digits(), batches["data_batch_3"]
    for name, label, values in zip(batch[b"filenames"], batch[b"labels"], batch[b"data"], strict=True):
        row = int(name[6:10])
        assert digits.target[row] == label
        small = values[:1024].reshape(8, 4, 8, 4).mean((1, 3))
        assert np.corrcoef(small.ravel(), digits.images[row].ravel())[0, 1] > 0.9


def test_a_fifth_of_each_digit_tests(batches) -> None:
    counts = np.bincount(batches["test_batch"][b"labels"])
    assert counts.min() >= 34
    assert counts.max() <= 37


def test_the_same_bytes_again_and_few(archive, tmp_path) -> None:
    geometry.make(tmp_path)
    assert (tmp_path / archive.name).read_bytes() == archive.read_bytes()
    assert archive.stat().st_size < 2_000_000
