"""STL-10 as its authors publish it: raw pictures and labels in one archive.

Layout: https://cs.stanford.edu/~acoates/stl10/
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

from reprise.datasets.archives import unpacking
from reprise.datasets.examples import Example
from reprise.errors import DataError

_SPLITS = {"train_X.bin": "train", "test_X.bin": "test"}
_LABELS = {"train_X.bin": "train_y.bin", "test_X.bin": "test_y.bin"}
_NAMES = "class_names.txt"
_SIDE = 96
_BYTES = 3 * _SIDE**2
_HEADER = b"P6\n%d %d\n255\n" % (_SIDE, _SIDE)


class Stl10:
    """The labelled pictures of stl10_binary.tar.gz, in the order of the archive.

    `file` of an example is train_X.bin or test_X.bin. One picture is in memory at a time, and nothing is unpacked
    to disk; the pictures without labels are passed over. Raises `DataError` where the archive is cut short or
    another one.
    """

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self.examples: Sequence[Example] = _list(archive)

    def contents(self, examples: Sequence[Example]) -> Iterator[bytes]:
        """Yield the picture of each of these examples as a binary PPM."""
        wanted = {name: list(part) for name, part in groupby(examples, key=lambda example: example.file)}
        with unpacking(self._archive) as files:
            for member, content in files:
                yield from _pictures(content, wanted.pop(PurePosixPath(member.name).name, []))
                if not wanted:
                    return


def _pictures(content: IO[bytes], examples: Sequence[Example]) -> Iterator[bytes]:
    row, pixels = 0, b""
    for example in examples:
        while row < example.row:
            row, pixels = row + 1, content.read(_BYTES)
        # Each channel lies there column by column.
        picture = np.frombuffer(pixels, np.uint8).reshape(3, _SIDE, _SIDE)
        yield _HEADER + picture.transpose(2, 1, 0).tobytes()


def _list(archive: Path) -> list[Example]:
    sizes: dict[str, int] = {}
    texts: dict[str, bytes] = {}
    with unpacking(archive) as files:
        for member, content in files:
            name = PurePosixPath(member.name).name
            if name in _SPLITS:
                sizes[name] = member.size
            elif name == _NAMES or name in _LABELS.values():
                texts[name] = content.read()
    missing = sorted({*_SPLITS, *_LABELS.values(), _NAMES} - sizes.keys() - texts.keys())
    if missing:
        raise DataError(str(archive), f"no {', '.join(missing)}", "the files of stl10_binary.tar.gz")
    names = texts[_NAMES].decode("utf-8", "backslashreplace").split()
    return [
        example
        for file, size in sizes.items()
        for example in _examples(archive, file, size, texts[_LABELS[file]], names)
    ]


def _examples(archive: Path, file: str, size: int, labels: bytes, names: Sequence[str]) -> Iterator[Example]:
    if size != len(labels) * _BYTES:
        expected = f"{_BYTES} for each of the {len(labels)} labels in {_LABELS[file]}"
        raise DataError(f"{archive}: {file}", f"{size} bytes", expected)
    for row, label in enumerate(labels, 1):
        if not 1 <= label <= len(names):
            expected = f"a number from 1 to {len(names)}, which {_NAMES} names"
            raise DataError(f"{archive}: {_LABELS[file]}, row {row}", f"label {label}", expected)
        yield Example(file, row, names[label - 1], f"{file}:{row}", _SPLITS[file])
