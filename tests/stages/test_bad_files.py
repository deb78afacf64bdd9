"""Raw files that cannot be used: the stage tells which and why in one line, and leaves the last good outputs."""

import io
import shutil
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from conftest import Project
from decoding.films import draw, film
from PIL import Image

from reprise.samples import geometry
from stages.test_stages import fails

SECTION = {"split": {}, "model": {}, "train": {}, "evaluate": {}, "export": {}}


def png(number: int) -> bytes:
    content = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 256, (24, 24, 3), np.uint8)
    Image.fromarray(pixels).save(content, "png")
    return content.getvalue()


def jpeg(number: int) -> bytes:
    content = io.BytesIO()
    Image.open(io.BytesIO(png(number))).resize((200, 200)).save(content, "jpeg")
    return content.getvalue()


def huge_png(side: int) -> bytes:
    """A picture of one colour, whose compressed rows are all alike and so small."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)

    header = side.to_bytes(4) * 2 + bytes([8, 0, 0, 0, 0])
    rows = zlib.compress(bytes(side * (side + 1)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def wav(number: int, samples: int = 4000) -> bytes:
    content = io.BytesIO()
    soundfile.write(content, np.random.default_rng(number).normal(size=samples) * 0.1, 8000, format="WAV")
    return content.getvalue()


def mp4(number: int, frames: int = 30) -> bytes:
    return film([draw(number + frame) for frame in range(frames)], rate=10)


def folders(root: Path, suffix: str, make: Callable[[int], bytes], each: int = 6) -> None:
    for number in range(2 * each):
        folder = root / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:02}{suffix}").write_bytes(make(number))


IMAGE = {"modality": "image", "format": "folder", "decode": {"size": 16}}
AUDIO = {"modality": "audio", "format": "folder", "decode": {"sample_rate": 8000, "seconds": 0.5}}
VIDEO = {"modality": "video", "format": "folder", "decode": {"size": 16, "seconds": 2.0, "stride": 1.0, "fps": 2.0}}


@pytest.fixture
def raw(done: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for the raw data of a task named mine, in a finished project."""
    monkeypatch.setenv("REPRISE_WORKERS", "1")  # others take a second to start
    return done.folder / "data/raw/mine"


def choose(project: Project, section: dict, **decode: object) -> None:
    model = {"f_max": 4000.0, "n_fft": 256} if section["modality"] == "audio" else {}
    mine = {**SECTION, **section, "model": model, "decode": {**section["decode"], **decode}}
    project.set(task="mine", data="raw", tasks__mine=mine)


@pytest.mark.parametrize(
    ("section", "suffix", "make", "bad", "message"),
    [
        (IMAGE, ".jpg", jpeg, b"no picture at all\n", "expected a whole JPEG, PNG, "),
        (IMAGE, ".jpg", jpeg, b"", "expected a whole JPEG"),
        (IMAGE, ".jpg", jpeg, jpeg(0)[:-400], "a picture without its end; expected a whole file; 1 of 12 files"),
        (IMAGE, ".png", png, huge_png(12_000), "12000 x 12000 pixels"),
        (AUDIO, ".wav", wav, wav(0)[:-1000], "expected"),
        (AUDIO, ".wav", wav, wav(0, samples=0), "expected"),
        (VIDEO, ".mp4", mp4, mp4(0)[:-300], "expected"),
        (VIDEO, ".mp4", mp4, mp4(0, frames=10), "expected"),
        (VIDEO, ".mp4", mp4, mp4(0)[:40], "expected"),
    ],
)
def test_one_bad_file_of_twelve(
    done: Project, raw: Path, capsys: pytest.CaptureFixture[str], section, suffix, make, bad: bytes, message: str
) -> None:
    folders(raw, suffix, make)
    (raw / f"a/00{suffix}").write_bytes(bad)
    choose(done, section)
    line = fails(done, "preprocess", capsys)
    assert line.startswith(f"data/raw/mine/a/00{suffix}: ")
    assert message in line
    assert line.endswith("expected at most 1.00% of them (decode.max_bad)")


def test_no_frames_in_an_archive_of_arrays(done: Project, raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders(raw, ".mp4", mp4)
    np.savez(raw / "a/none.npz", frames=np.zeros((0, 8, 8, 3), np.uint8))
    choose(done, VIDEO)
    assert fails(done, "preprocess", capsys).startswith("data/raw/mine/a/none.npz: ")


def test_an_empty_class_folder(done: Project, raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders(raw, ".png", png)
    (raw / "c").mkdir()
    choose(done, IMAGE)
    assert fails(done, "preprocess", capsys).startswith("data/raw/mine/c: no usable file; expected at least one of ")


def test_one_folder_for_two_classes(done: Project, raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders(raw, ".png", png)
    choose(done, IMAGE, classes={"yes": ["a"], "no": ["b", "a"]})
    line = fails(done, "preprocess", capsys)
    assert line == "params.yaml: tasks.mine.decode.classes: folder 'a' for yes and for no; expected each folder once"


def test_a_group_in_train_and_in_test(done: Project, raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for split in ("train", "test"):
        folders(raw / split, ".png", lambda number, split=split: png(number + 100 * (split == "test")))
    choose(done, IMAGE, group=r"^(\d)")
    assert "group '0' in " in fails(done, "preprocess", capsys)


def test_parquet_without_the_column(done: Project, raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw.mkdir(parents=True)
    table = pd.DataFrame({"audio": [wav(number) for number in range(9)], "kind": list("abcabcabc")})
    table.to_parquet(raw / "sounds.parquet")
    choose(done, {**AUDIO, "format": "parquet"}, content="audio", label="species")
    line = fails(done, "preprocess", capsys)
    assert line.startswith("data/raw/mine/sounds.parquet: no column 'species'")
    assert "audio, kind" in line


def test_an_archive_cut_short(done: Project, raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw.mkdir(parents=True)
    geometry.make(raw)
    archive = raw / "cifar-10-python.tar.gz"
    assert tarfile.is_tarfile(archive)
    archive.write_bytes(archive.read_bytes()[:-5000])
    choose(done, {**IMAGE, "format": "cifar10"})
    assert fails(done, "preprocess", capsys).startswith("data/raw/mine/cifar-10-python.tar.gz: cut short or damaged")


def test_nothing_there(done: Project, raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    choose(done, IMAGE)
    assert fails(done, "preprocess", capsys).startswith("data/raw/mine: no such file or folder; expected your data")
    raw.mkdir(parents=True)
    assert fails(done, "preprocess", capsys).startswith("data/raw/mine: no folders; expected a folder for each class")


def test_a_positive_class_that_there_is_not(done: Project, raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done.set(tasks__wine__evaluate={"positive": "class_9"})
    line = fails(done, "evaluate", capsys)
    assert line.endswith("'class_9'; expected null: there are more than two classes")
    shutil.rmtree(raw, ignore_errors=True)
