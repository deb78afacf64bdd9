"""Raw data of any format as a list of examples and the encoded content of each."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from reprise.blocks import FilesDecode
from reprise.datasets.cifar10 import Cifar10
from reprise.datasets.examples import Example
from reprise.datasets.folders import Folders
from reprise.datasets.parquet import Parquet
from reprise.datasets.stl10 import Stl10
from reprise.errors import DataError


class Source(Protocol):
    """The examples of raw data, listed without decoding them."""

    @property
    def examples(self) -> Sequence[Example]:
        """Give every example, in an order that the data alone decide."""

    def contents(self, examples: Sequence[Example]) -> Iterator[bytes | Path]:
        """Yield the encoded content of each of some examples, which are in the order of `self.examples`.

        A path where the file itself is the item, so that another process can read it. Memory does not grow
        with the number of examples. Raises `DataError` where the data are damaged.
        """


def open_source(path: Path, format: str, decode: FilesDecode, suffixes: frozenset[str]) -> Source:  # noqa: A002
    """List what lies at `path` in the format folder, parquet, cifar10 or stl10.

    `suffixes` are those of the files that can be decoded: in lower case, with the dot. Raises `DataError` where
    the data are missing, damaged or laid out otherwise, and `ValueError` for another format.
    """
    if not path.exists():
        raise DataError(str(path), "no such file or folder", "your data, by dvc add or dvc import-url")
    source = _open(path, format, decode, suffixes)
    _check_splits(path, source.examples)
    return source


def _open(path: Path, name: str, decode: FilesDecode, suffixes: frozenset[str]) -> Source:
    match name:
        case "folder":
            return Folders(path, decode, suffixes)
        case "parquet":
            return Parquet(path, decode)
        case "cifar10":
            return Cifar10(_archive(path, "cifar-10-python.tar.gz"))
        case "stl10":
            return Stl10(_archive(path, "stl10_binary.tar.gz"))
    raise ValueError(f"no format {name!r}")


def _archive(path: Path, name: str) -> Path:
    if path.is_file():
        return path
    if (path / name).is_file():
        return path / name
    found = sorted(file for file in path.glob("[!.]*.tar.gz") if file.is_file())
    if len(found) != 1:
        archives = ", ".join(file.name for file in found) or "no .tar.gz"
        raise DataError(str(path), archives, f"one archive, {name}")
    return found[0]


def _check_splits(path: Path, examples: Sequence[Example]) -> None:
    """Raise `DataError` where splits that the data prescribe share a group or differ in their classes."""
    classes: dict[str, set[str]] = {}
    first: dict[str, Example] = {}
    for example in examples:
        classes.setdefault(example.split, set()).add(example.label)
        other = first.setdefault(example.group, example)
        if other.split != example.split:
            found = f"group {example.group!r} in {other.split} ({other.file}) and in {example.split}"
            raise DataError(f"{path}/{example.file}", found, "each group in one split")
    train = classes.get("train", set())
    # A validation set without one of the classes can still validate.
    for split, others in (("val", classes.get("val", set()) - train), ("test", classes.get("test", set()) - train)):
        if others:
            raise DataError(
                str(path), f"class {min(others)!r} in {split}, but not in train", "the same classes in both"
            )
    if missing := train - classes.get("test", train):
        raise DataError(str(path), f"class {min(missing)!r} in train, but not in test", "the same classes in both")
