"""Parquet files with a column of encoded files and one of their classes, as Hugging Face publishes data sets."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from reprise.blocks import FilesDecode
from reprise.datasets.examples import Example
from reprise.errors import DataError

# Rows of content that are in memory at a time, beside the page that they come from.
_ROWS = 16
# Pages are read as they are needed, through a buffer of so many bytes, and not a row group at a time.
_BUFFER = 2**20


class Parquet:
    """The rows of a Parquet file or of a folder of them, sorted by name; a row is counted from 1 in its file.

    `decode.content` names a column of bytes, or of structs with a field `bytes`; `decode.label` one of text or of
    whole numbers, which Hugging Face's ClassLabel may give names; `decode.group` one of either, or null for each
    row by itself. Files prescribe splits where the name of each begins with that of one, as train-00000-of-00002
    does. Raises `DataError` at a missing column or label and where a file is damaged.
    """

    def __init__(self, path: Path, decode: FilesDecode) -> None:
        self._paths = {file.name: file for file in _files(path)}
        self._column = decode.content
        splits = {name: _split(name) for name in self._paths}
        prescribed = all(splits.values())
        self.examples: Sequence[Example] = [
            example
            for name, file in self._paths.items()
            for example in _examples(file, decode, splits[name] if prescribed else "")
        ]

    def contents(self, examples: Sequence[Example]) -> Iterator[bytes]:
        """Yield the bytes of each of these examples; raises `DataError` where there are none."""
        for name, wanted in groupby(examples, key=lambda example: example.file):
            yield from _contents(self._paths[name], self._column, [example.row for example in wanted])


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files = sorted(
        file
        for file in path.iterdir()
        if file.is_file() and file.suffix.lower() == ".parquet" and not file.name.startswith(".")
    )
    if not files:
        raise DataError(str(path), "no Parquet file", "at least one file that ends in .parquet")
    return files


def _split(name: str) -> str:
    if name.startswith("train-") or name == "train.parquet":
        return "train"
    return next((split for split in ("test", "val") if name.startswith(split)), "")


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False, page_checksum_verification=True) as file:
            yield file
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        # What the disk refuses has a number; what pyarrow finds in a file has none.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DataError(str(path), str(error).splitlines()[0].rstrip("."), "a Parquet file") from None


def _examples(path: Path, decode: FilesDecode, split: str) -> Iterator[Example]:
    with _opened(path) as file:
        names = _class_names(path, file.schema_arrow, decode)
        group = decode.group or decode.label
        row = 0
        for batch in file.iter_batches(columns=list({decode.label: None, group: None}), use_threads=False):
            labels, groups = batch.column(decode.label).to_pylist(), batch.column(group).to_pylist()
            for label, key in zip(labels, groups, strict=True):
                row += 1
                for column, value in ((decode.label, label), (group, key)):
                    if value is None or value == "":
                        raise DataError(f"{path}: row {row}", f"nothing in column {column!r}", "a value in every row")
                if names and not 0 <= label < len(names):
                    expected = f"a number from 0 to {len(names) - 1}, which have names"
                    raise DataError(f"{path}: row {row}", f"{decode.label} {label}", expected)
                name = names[label] if names else str(label)
                yield Example(path.name, row, name, str(key) if decode.group else f"{path.name}:{row}", split)


def _class_names(path: Path, schema: pa.Schema, decode: FilesDecode) -> Sequence[str]:
    """Check the columns and return the names of the classes by number, or none where a label is its own name."""
    for setting, column in (("content", decode.content), ("label", decode.label), ("group", decode.group)):
        if column is None:
            continue
        if schema.names.count(column) != 1:
            found = (
                f"{'two columns' if column in schema.names else 'no column'} {column!r}, which decode.{setting} names"
            )
            raise DataError(str(path), found, f"one of {', '.join(schema.names)}")
        kind = schema.field(column).type
        if not (_holds_bytes(kind) if setting == "content" else _is_text(kind) or _is_number(kind)):
            expected = "bytes, or a struct with bytes" if setting == "content" else "text or whole numbers"
            raise DataError(f"{path}: column {column!r}", str(kind), f"{expected} (decode.{setting})")
    if not _is_number(schema.field(decode.label).type):
        return ()
    return _named(path, schema.metadata or {}, decode.label)


def _named(path: Path, metadata: Mapping[bytes, bytes], column: str) -> Sequence[str]:
    """Return the names that Hugging Face's `datasets` keeps beside the schema for a column of ClassLabel."""
    try:
        match json.loads(metadata.get(b"huggingface", b"{}")):
            case {"info": {"features": {**features}}}:
                match features.get(column):
                    case {"_type": "ClassLabel", "names": [*names]}:
                        return [str(name) for name in names]
    except ValueError:
        raise DataError(f"{path}: metadata 'huggingface'", "damaged", "JSON") from None
    return ()


def _holds_bytes(kind: Any) -> bool:
    if pa.types.is_struct(kind):
        return kind.get_field_index("bytes") >= 0 and _is_bytes(kind.field("bytes").type)
    return _is_bytes(kind)


def _is_bytes(kind: Any) -> bool:
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary)
    return any(test(kind) for test in tests)


def _is_text(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def _is_number(kind: Any) -> bool:
    return bool(pa.types.is_integer(kind.value_type if pa.types.is_dictionary(kind) else kind))


def _contents(path: Path, column: str, rows: Sequence[int]) -> Iterator[bytes]:
    """Yield the bytes in these rows, which ascend."""
    with _opened(path) as file:
        struct = pa.types.is_struct(file.schema_arrow.field(column).type)
        end = 0
        for number in range(file.num_row_groups):
            start, end = end, end + file.metadata.row_group(number).num_rows
            wanted = rows[bisect_right(rows, start) : bisect_right(rows, end)]
            if not wanted:
                continue
            columns = [f"{column}.bytes" if struct else column]
            for batch in file.iter_batches(_ROWS, row_groups=[number], columns=columns, use_threads=False):
                first, start = start + 1, start + len(batch)
                for row in wanted[bisect_left(wanted, first) : bisect_right(wanted, start)]:
                    value = batch.column(0)[row - first].as_py()
                    content = value["bytes"] if isinstance(value, dict) else value
                    yield content or b""  # which no decoder takes: it is counted as bad
