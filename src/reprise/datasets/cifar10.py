"""CIFAR-10 as its author publishes it for Python: batches of pictures, pickled, in one archive.

Layout: https://www.cs.toronto.edu/~kriz/cifar.html
"""

import io
import pickle
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from reprise.datasets.archives import unpacking
from reprise.datasets.examples import Example
from reprise.errors import DataError

_SPLITS = {f"data_batch_{number}": "train" for number in range(1, 6)} | {"test_batch": "test"}
_NAMES = "batches.meta"
_SIDE = 32
_HEADER = b"P6\n%d %d\n255\n" % (_SIDE, _SIDE)


class Cifar10:
    """The pictures of cifar-10-python.tar.gz, batch by batch in the order of the archive.

    `file` of an example is the name of its batch. One batch is in memory at a time, and nothing is unpacked to
    disk. Raises `DataError` where the archive is cut short, is another one or asks for more than arrays and text.
    """

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self.examples: Sequence[Example] = _list(archive)

    def contents(self, examples: Sequence[Example]) -> Iterator[bytes]:
        """Yield the picture of each of these examples as a binary PPM."""
        wanted = {name: list(batch) for name, batch in groupby(examples, key=lambda example: example.file)}
        with unpacking(self._archive) as files:
            for member, content in files:
                name = PurePosixPath(member.name).name
                if name in wanted:
                    yield from _pictures(f"{self._archive}: {name}", content, wanted.pop(name))
                if not wanted:
                    return


def _list(archive: Path) -> list[Example]:
    labels: dict[str, list[int]] = {}
    names: list[str] | None = None
    with unpacking(archive) as files:
        for member, content in files:
            if "cifar-100" in member.name:
                raise DataError(str(archive), "CIFAR-100", "CIFAR-10, cifar-10-python.tar.gz")
            name = PurePosixPath(member.name).name
            if name in _SPLITS:
                labels[name] = _batch(f"{archive}: {name}", content)[1]
            elif name == _NAMES:
                names = _class_names(f"{archive}: {name}", content)
    missing = sorted(_SPLITS.keys() - labels.keys()) + ([] if names else [_NAMES])
    if names is None or missing:
        raise DataError(str(archive), f"no {', '.join(missing)}", "the files of cifar-10-python.tar.gz")
    examples = []
    for file, batch in labels.items():
        for row, label in enumerate(batch, 1):
            if not 0 <= label < len(names):
                expected = f"a number from 0 to {len(names) - 1}, which {_NAMES} names"
                raise DataError(f"{archive}: {file}, row {row}", f"label {label}", expected)
            examples.append(Example(file, row, names[label], f"{file}:{row}", _SPLITS[file]))
    return examples


def _pictures(where: str, content: IO[bytes], examples: Sequence[Example]) -> Iterator[bytes]:
    pictures, _ = _batch(where, content)
    for example in examples:
        picture = pictures[example.row - 1].reshape(3, _SIDE, _SIDE)
        yield _HEADER + picture.transpose(1, 2, 0).tobytes()


def _batch(where: str, content: IO[bytes]) -> tuple[NDArray[np.uint8], list[int]]:
    """Return the pictures of a batch, uint8 [n, 3 * 32 * 32], and the numbers of their classes."""
    match _unpickle(where, content.read()):
        case {"data": np.ndarray() as pictures, "labels": [*labels]}:
            whole = all(isinstance(label, int) for label in labels)
            if whole and pictures.dtype == np.uint8 and pictures.shape == (len(labels), 3 * _SIDE**2):
                return pictures, labels
    raise DataError(where, "other content", f"data, uint8 [n, {3 * _SIDE**2}], and n labels")


def _class_names(where: str, content: IO[bytes]) -> list[str]:
    match _unpickle(where, content.read()):
        case {"label_names": [*names]} if names:
            return [str(_text(name)) for name in names]
    raise DataError(where, "other content", "label_names, a list")


def _unpickle(where: str, content: bytes) -> dict[Any, Any]:
    try:
        found = _Unpickler(io.BytesIO(content), encoding="latin1").load()
    except Exception as error:  # a damaged pickle can raise anything
        raise DataError(where, f"damaged: {error}", "a pickle of arrays and text") from None
    return {_text(key): value for key, value in found.items()} if isinstance(found, dict) else {}


def _text(value: object) -> object:
    """Return bytes as text: what Python 2 wrote as text, Python 3 may have written as either."""
    return value.decode("latin1") if isinstance(value, bytes) else value


class _Unpickler(pickle.Unpickler):
    """Reads arrays, and runs nothing that a pickle names: https://docs.python.org/3/library/pickle.html."""

    def find_class(self, module: str, name: str) -> Any:
        match module, name:
            case "numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct":
                return _empty
            case "numpy", "ndarray":
                return np.ndarray
            case "numpy", "dtype":
                return np.dtype
            case "_codecs", "encode":
                return _encode
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def _empty(kind: object, shape: object, dtype: object) -> NDArray[Any]:  # the pickle fills it in the next step
    return np.empty(0, np.uint8)


def _encode(text: str, encoding: str) -> bytes:
    return text.encode(encoding)
