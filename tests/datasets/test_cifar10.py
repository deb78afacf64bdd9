import gzip
import io
import os
import pickle
import struct
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reprise.blocks import FilesDecode
from reprise.datasets.sources import Source, open_source
from reprise.errors import DataError

NAMES = ["airplane", "automobile", "bird"]
# The order of the published archive.
ORDER = ["data_batch_4", "test_batch", "data_batch_3", "batches.meta", "data_batch_2", "data_batch_5", "data_batch_1"]
EACH = 3


def pictures(batch: str, count: int = EACH) -> NDArray[np.uint8]:
    """Pictures of noise, uint8 [count, 32, 32, 3]."""
    return np.random.default_rng(ORDER.index(batch)).integers(0, 256, (count, 32, 32, 3), np.uint8)


def content(batch: str) -> dict[str, Any]:
    if batch == "batches.meta":
        return {"num_cases_per_batch": EACH, "label_names": NAMES, "num_vis": 3072}
    data = np.ascontiguousarray(pictures(batch).transpose(0, 3, 1, 2)).reshape(EACH, 3072)
    return {"batch_label": batch, "labels": [number % 3 for number in range(EACH)], "data": data}


def as_python_2(value: Any) -> bytes:
    """Pickle as the Python 2 did that wrote the published archive: text is bytes there, a flag is a number."""

    def write(value: Any) -> bytes:
        match value:
            case str():
                return b"U" + struct.pack("<B", len(value)) + value.encode()
            case int():
                return b"M" + struct.pack("<H", value)
            case list():
                return b"](" + b"".join(map(write, value)) + b"e"
            case dict():
                return b"}(" + b"".join(write(key) + write(item) for key, item in value.items()) + b"u"
            case np.ndarray():
                made = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR"
                kind = b"cnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
                shape = b"(" + b"".join(map(write, value.shape)) + b"t"
                data = b"T" + struct.pack("<i", value.nbytes) + value.tobytes()
                return made + b"(K\x01" + shape + kind + b"\x89" + data + b"tb"
        raise TypeError(value)

    return b"\x80\x02" + write(value) + b"."


def as_python_3(value: dict[str, Any]) -> bytes:
    return pickle.dumps(value, protocol=2)


def as_bytes(value: dict[str, Any]) -> bytes:
    """Pickle what Python 3 gets from the published files by encoding="bytes"."""
    flat = {key.encode(): item for key, item in value.items()}
    if "label_names" in value:
        flat[b"label_names"] = [name.encode() for name in NAMES]
    return pickle.dumps(flat, protocol=2)


def archive(path: Path, changes: dict[str, bytes | None] | None = None, pickled: Any = as_python_2) -> Path:
    files = {"readme.html": b"<html>"} | {batch: pickled(content(batch)) for batch in ORDER} | (changes or {})
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        folder = tarfile.TarInfo("cifar-10-batches-py")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, data in files.items():
            if data is not None:
                member = tarfile.TarInfo(name if "/" in name else f"cifar-10-batches-py/{name}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "cifar-10-python.tar.gz"


def source(path: Path) -> Source:
    return open_source(path, "cifar10", FilesDecode(), frozenset())


def error(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        source(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))
    return str(caught.value).removeprefix(str(path))


@pytest.mark.parametrize("pickled", [as_python_2, as_python_3, as_bytes])
def test_batches_become_examples_and_pictures(place: Path, pickled: Any) -> None:
    opened = source(archive(place, pickled=pickled))
    batches = [batch for batch in ORDER if batch != "batches.meta"]
    assert [(e.file, e.row, e.label, e.split) for e in opened.examples] == [
        (batch, row, NAMES[row - 1], "test" if batch == "test_batch" else "train")
        for batch in batches
        for row in range(1, EACH + 1)
    ]
    assert len({e.group for e in opened.examples}) == len(opened.examples)
    read = [np.asarray(Image.open(io.BytesIO(ppm))) for ppm in opened.contents(opened.examples)]
    np.testing.assert_array_equal(np.stack(read), np.concatenate([pictures(batch) for batch in batches]))


def test_contents_of_some(place: Path) -> None:
    opened = source(archive(place))
    chosen = [e for e in opened.examples if (e.file, e.row) in {("data_batch_3", 2), ("data_batch_1", 3)}]
    found = list(opened.contents(chosen))
    assert [Image.open(io.BytesIO(ppm)).format for ppm in found] == ["PPM", "PPM"]
    assert found[0].endswith(pictures("data_batch_3")[1].tobytes())
    assert found[1].endswith(pictures("data_batch_1")[2].tobytes())


def test_a_folder_with_one_archive(place: Path) -> None:
    archive(place)
    (place.parent / "cifar-10-python.tar.gz.dvc").touch()
    assert len(source(place.parent).examples) == 6 * EACH
    archive(place.with_name("b.tar.gz"))
    assert len(source(place.parent).examples) == 6 * EACH  # by its name
    place.rename(place.with_name("c.tar.gz"))
    found = ": b.tar.gz, c.tar.gz; expected one archive, cifar-10-python.tar.gz"
    assert error(place.parent) == found


def test_a_folder_without_an_archive(tmp_path: Path) -> None:
    assert error(tmp_path) == ": no .tar.gz; expected one archive, cifar-10-python.tar.gz"


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 0.9999])
def test_an_archive_cut_short_is_refused(place: Path, share: float) -> None:
    whole = archive(place).read_bytes()
    place.write_bytes(whole[: int(len(whole) * share)])
    assert error(place).startswith(": cut short or damaged (")
    assert error(place).endswith("); expected a whole .tar.gz")


def test_an_archive_cut_short_after_it_was_listed_is_refused(place: Path) -> None:
    opened = source(archive(place))
    place.write_bytes(place.read_bytes()[:50_000])
    with pytest.raises(DataError, match="cut short or damaged"):
        list(opened.contents(opened.examples))


def test_a_tar_cut_short_before_it_was_compressed_is_refused(place: Path) -> None:
    place.write_bytes(gzip.compress(gzip.decompress(archive(place).read_bytes())[:30_000]))
    assert error(place) == ": cut short or damaged (unexpected end of data); expected a whole .tar.gz"


def test_an_archive_with_a_wrong_checksum_is_refused(place: Path) -> None:
    whole = bytearray(archive(place).read_bytes())
    whole[-8] ^= 1
    place.write_bytes(whole)
    assert ": cut short or damaged (CRC check failed" in error(place)


def test_what_is_no_archive_is_refused(place: Path) -> None:
    place.write_bytes(b"no gzip")
    assert ": cut short or damaged (Not a gzipped file" in error(place)
    place.write_bytes(gzip.compress(b"no tar" * 1000))
    assert ": cut short or damaged (" in error(place)


def test_missing_batches_are_named(place: Path) -> None:
    archive(place, {"data_batch_2": None, "batches.meta": None})
    assert error(place) == ": no data_batch_2, batches.meta; expected the files of cifar-10-python.tar.gz"
    archive(place, dict.fromkeys([*ORDER], None))
    assert ": no data_batch_1, data_batch_2," in error(place)


def test_cifar_100_is_told_by_its_name(place: Path) -> None:
    archive(place, {"cifar-100-python/train": b""})
    assert error(place) == ": CIFAR-100; expected CIFAR-10, cifar-10-python.tar.gz"


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("evil",)


def test_a_pickle_that_asks_for_anything_else_is_refused(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    archive(place, {"data_batch_5": pickle.dumps({"data": Evil()}, protocol=2)})
    asked = f"{os.mkdir.__module__}.mkdir"
    assert error(place) == f": data_batch_5: damaged: it asks for {asked}; expected a pickle of arrays and text"
    assert not Path("evil").exists()


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("data_batch_1", b"", ": data_batch_1: damaged: Ran out of input; expected a pickle of arrays and text"),
        (
            "data_batch_1",
            as_python_2(["x"]),
            ": data_batch_1: other content; expected data, uint8 [n, 3072], and n labels",
        ),
        (
            "test_batch",
            as_python_2(content("test_batch") | {"labels": [0, 1]}),
            ": test_batch: other content; expected data, uint8 [n, 3072], and n labels",
        ),
        (
            "test_batch",
            as_python_2(content("test_batch") | {"labels": [0, 1, "2"]}),
            ": test_batch: other content; expected data, uint8 [n, 3072], and n labels",
        ),
        (
            "test_batch",
            as_python_3(content("test_batch") | {"data": np.zeros((3, 3072))}),
            ": test_batch: other content; expected data, uint8 [n, 3072], and n labels",
        ),
        (
            "data_batch_2",
            as_python_2(content("data_batch_2") | {"labels": [0, 1, 3]}),
            ": data_batch_2, row 3: label 3; expected a number from 0 to 2, which batches.meta names",
        ),
        ("batches.meta", as_python_2({"x": 1}), ": batches.meta: other content; expected label_names, a list"),
    ],
    ids=["empty", "list", "count", "text", "floats", "unnamed", "names"],
)
def test_other_content_is_refused(place: Path, file: str, content: bytes, message: str) -> None:
    assert error(archive(place, {file: content})) == message
