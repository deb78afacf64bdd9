"""Raw tables: CSV files as examples and vectors."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reprise.blocks import TabularDecode
from reprise.datasets.examples import Example
from reprise.decoding.tabular import MISSING, CellError, decode_row
from reprise.errors import DataError, ParamsError


@dataclass(frozen=True)
class Table:
    """The examples of a table in the order of its rows, and their vectors: float32 [rows, features].

    `duplicates` counts the rows whose features repeat those of an earlier row.
    """

    examples: list[Example]
    items: NDArray[np.float32]
    features: tuple[str, ...]
    duplicates: int


def read_csv(source: Path, decode: TabularDecode) -> Table:
    """Read `source`, a CSV file or a folder of CSV files with the same header.

    Rows with the same features form one group where no column names the groups: a copy in another split would
    be a test question known beforehand. Raises `DataError` at the first thing that cannot be used.
    """
    rows = [row for path in _files(source) for row in _read(path, decode)]
    features = rows[0].features if rows else ()
    first: dict[bytes, Example] = {}
    examples, vectors = [], []
    for row in rows:
        if set(row.features) != set(features):
            odd = ", ".join(sorted(set(row.features) ^ set(features)))
            raise DataError(
                str(row.path), f"other columns than in the files before it: {odd}", "one header for all files"
            )
        vectors.append(_decode(row, features))
        # By value, since 5.1 and 5.10 are the same: adding zero makes 0 of -0.
        alike = first.setdefault((vectors[-1] + 0).tobytes(), row.example)
        examples.append(row.example if decode.group else replace(row.example, group=alike.group))
    items = np.array(vectors, np.float32).reshape(len(rows), len(features))
    for name in features:
        if np.isnan(items[:, features.index(name)]).all():
            expected = "a number in at least one, or its name in decode.ignore"
            raise DataError(f"{source}: column {name}", "no value in any row", expected)
    return Table(examples, items, features, len(rows) - len(first))


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of one file: its features' names and cells in the order of that file."""

    path: Path
    example: Example
    features: tuple[str, ...]
    cells: list[str]


def _read(path: Path, decode: TabularDecode) -> Iterator[_Row]:
    rows = _lines(path, decode.delimiter)
    header = [name.strip() for name in next(rows)[1]]
    features = _features(path, header, decode)
    order = [header.index(name) for name in features]
    label = header.index(decode.label)
    group = None if decode.group is None else header.index(decode.group)
    for line, cells in rows:
        yield _Row(path, _example(path, line, cells, label, group), features, [cells[place] for place in order])


def _decode(row: _Row, features: Sequence[str]) -> NDArray[np.float32]:
    try:
        return decode_row(dict(zip(row.features, row.cells, strict=True)), features)
    except CellError as error:
        where = f"{row.path}: line {row.example.row}, column {error.feature}"
        raise DataError(where, error.found, error.expected) from None


def _files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise DataError(str(source), "no such file or folder", "a CSV file or a folder of CSV files")
    paths = sorted(
        path
        for path in source.iterdir()
        if path.is_file() and path.suffix.lower() == ".csv" and not path.name.startswith(".")
    )
    if not paths:
        raise DataError(str(source), "no CSV file", "at least one file that ends in .csv")
    return paths


def _lines(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the header and every row that is not blank, each with the number of its line."""
    width = 0
    # utf-8-sig: spreadsheets put a byte order mark before the first column's name.
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                if not cells:
                    continue
                if width and len(cells) != width:
                    raise DataError(
                        f"{path}: line {reader.line_num}", f"{len(cells)} cells", f"{width}, as in the header"
                    )
                width = width or len(cells)
                yield reader.line_num, cells
        except UnicodeDecodeError as error:
            byte = f"byte {error.object[error.start]:#04x}"
            raise DataError(f"{path}: after line {reader.line_num}", byte, "UTF-8 text") from None
        except csv.Error as error:
            raise DataError(f"{path}: line {reader.line_num}", str(error), "a CSV file") from None
    if not width:
        raise DataError(str(path), "an empty file", "a header and rows")


def _features(path: Path, header: Sequence[str], decode: TabularDecode) -> tuple[str, ...]:
    named = [("label", decode.label)]
    named += [("group", decode.group)] if decode.group is not None else []
    named += [("features", name) for name in decode.features or ()]
    named += [("ignore", name) for name in decode.ignore]
    for setting, column in named:
        if column not in header:
            raise DataError(
                str(path), f"no column {column!r}, which decode.{setting} names", f"one of {', '.join(header)}"
            )
    for column in header:
        if header.count(column) > 1:
            raise DataError(str(path), f"two columns named {column!r}", "a name of its own for each column")
    if decode.features is not None:
        taken = {decode.label, decode.group, *decode.ignore}
        if len(set(decode.features)) < len(decode.features) or taken & set(decode.features):
            expected = "each column once, and none that is label, group or ignored"
            raise ParamsError("params.yaml: decode.features", str(list(decode.features)), expected)
        return decode.features
    if "" in header and "" not in decode.ignore:
        raise DataError(str(path), f"no name over column {header.index('') + 1}", "a name, or '' in decode.ignore")
    left_out = {decode.label, decode.group, *decode.ignore}
    features = tuple(column for column in header if column not in left_out)
    if not features:
        raise DataError(str(path), "no column beside the label", "at least one feature")
    return features


def _example(path: Path, line: int, cells: Sequence[str], label: int, group: int | None) -> Example:
    label_cell = cells[label].strip()
    # Without a column of groups every row is a group of its own.
    group_cell = f"{path.name}:{line}" if group is None else cells[group].strip()
    for name, cell in (("label", label_cell), ("group", group_cell)):
        if cell.lower() in MISSING:
            raise DataError(f"{path}: line {line}", f"{name} {cell!r}, a missing value", f"a {name} in every row")
    return Example(path.name, line, label_cell, group_cell)
