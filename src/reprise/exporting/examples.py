"""A few raw test inputs with the answers that are expected for them."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from reprise.answers import Probabilities
from reprise.bundle import Example
from reprise.datasets.sources import Source
from reprise.datasets.store import Store
from reprise.decoding.decoder import Decoder
from reprise.exporting.parity import ParityError
from reprise.files import significant, write_json

# From the probabilities [n, classes] of a file's items to its label and its probabilities [classes].
Answer = Callable[[NDArray[np.float32]], tuple[str, Probabilities]]

# What a file begins with, for content that has no name.
_KINDS = {
    b"\xff\xd8": ".jpg",
    b"\x89PNG": ".png",
    b"RIFFWAVE": ".wav",
    b"RIFFWEBP": ".webp",
    b"RIFFAVI ": ".avi",
    b"GIF8": ".gif",
    b"BM": ".bmp",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
    b"\x1aE\xdf\xa3": ".mkv",
    b"PK": ".npz",
    b"fLaC": ".flac",
    b"OggS": ".ogg",
    b"ID3": ".mp3",
    b"\xff": ".mp3",
}


def write_rows(
    folder: Path, store: Store, probabilities: NDArray[np.float32], answer: Answer, most: int
) -> tuple[Example, ...]:
    """Write rows of the test set of a table as JSON, one file each, of every class in turn; return the answers."""
    folder.mkdir()
    places = store.places("test")
    examples = []
    for number, row in enumerate(_in_turn(store.index["label"].to_numpy(np.int64)[places], most), start=1):
        file = folder / f"{number}.json"
        # The shortest text that float32 reads back as the same number: what stood in the table, nearly always.
        cells = zip(store.schema.features, store.items[places[row]], strict=True)
        write_json(file, {name: None if np.isnan(value) else float(str(value)) for name, value in cells})
        examples.append(_example(file, *answer(probabilities[row : row + 1])))
    return tuple(examples)


def write_files(
    folder: Path,
    store: Store,
    source: Source,
    decoder: Decoder,
    probabilities: NDArray[np.float32],
    answer: Answer,
    most: int,
) -> tuple[Example, ...]:
    """Copy raw test files, of every class in turn, and return what is expected for each.

    Raises `ParityError` where a copy is not decoded to the very items that the network was tested on.
    """
    folder.mkdir()
    places = store.places("test")
    files = _files(store.index.iloc[places])
    chosen = files.iloc[_in_turn(files["label"].to_numpy(np.int64), most)]
    wanted = {(file, row): number for number, (file, row) in enumerate(zip(chosen["file"], chosen["row"], strict=True))}
    listed = [example for example in source.examples if (example.file, example.row) in wanted]
    examples: dict[int, Example] = {}
    for found, content in zip(listed, source.contents(listed), strict=True):
        number = wanted[found.file, found.row]
        items = chosen["items"].iloc[number]
        suffix, raw = _storable(found.file, content)
        if not np.array_equal(decoder.decode(raw).items, store.items[places[items]]):
            raise ParityError(f"{found.file} is not decoded as it was for the store")
        file = folder / f"{number + 1}{suffix}"
        file.write_bytes(raw)
        examples[number] = _example(file, *answer(probabilities[items]))
    return tuple(examples[number] for number in sorted(examples))


def _files(index: pd.DataFrame) -> pd.DataFrame:
    """Return one row a file, or a row of a file of many: columns file, row, label, items (places in `index`)."""
    files = index[["file", "row", "label"]].assign(items=np.arange(len(index)))
    return files.groupby(["file", "row"], sort=False).agg({"label": "first", "items": list}).reset_index()


def _example(file: Path, label: str, probabilities: Probabilities) -> Example:
    values = tuple(significant(float(value)) for value in probabilities)
    return Example(file=f"{file.parent.name}/{file.name}", label=label, probabilities=values)


def _storable(name: str, content: bytes | Path) -> tuple[str, bytes]:
    """Return a suffix and the bytes; pixels without compression become PNG, which browsers show."""
    if isinstance(content, Path):
        return Path(name).suffix.lower(), content.read_bytes()
    if content.startswith(b"P6"):
        png = io.BytesIO()
        Image.open(io.BytesIO(content)).save(png, "png")
        return ".png", png.getvalue()
    if content[4:8] == b"ftyp":
        return ".mp4", content
    return next((suffix for start, suffix in _KINDS.items() if _begins(content, start)), ".bin"), content


def _begins(content: bytes, start: bytes) -> bool:
    # A RIFF file says after its length what it holds.
    return (content[:4] + content[8:12] if content[:4] == b"RIFF" else content).startswith(start)


def _in_turn(labels: NDArray[np.int64], most: int) -> list[int]:
    """Take the first example of each class, then the second of each, up to `most`."""
    turns = np.zeros_like(labels)
    for label in np.unique(labels):
        turns[labels == label] = np.arange((labels == label).sum())
    return [int(row) for row in np.lexsort((labels, turns))[:most]]
