import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reprise.blocks import FilesDecode
from reprise.datasets.sources import Source, open_source
from reprise.errors import DataError

CONTENT = [f"content {number}".encode() for number in range(100)]


def write(
    path: Path, kinds: dict[str, Any] | None = None, metadata: dict[str, str] | None = None, **columns: Any
) -> Path:
    """Write these columns, and contents as many as the first of them is long."""
    columns = {"file": CONTENT[: len(next(iter(columns.values())))]} | columns
    arrays = {name: pa.array(values, (kinds or {}).get(name)) for name, values in columns.items()}
    table = pa.table(arrays).replace_schema_metadata(metadata)
    pq.write_table(table, path, row_group_size=20, compression="none", write_page_checksum=True)
    return path


def hugging_face(**features: object) -> dict[str, str]:
    return {"huggingface": json.dumps({"info": {"features": features}})}


def source(path: Path, **settings: object) -> Source:
    return open_source(path, "parquet", FilesDecode(**settings), frozenset())


def error(path: Path, **settings: object) -> str:
    with pytest.raises(DataError) as caught:
        opened = source(path, **settings)
        list(opened.contents(opened.examples))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_rows_become_examples(tmp_path: Path) -> None:
    write(tmp_path / "b.parquet", label=["x"])
    write(tmp_path / "a.PARQUET", label=["x", "y"])
    (tmp_path / "readme.md").touch()
    (tmp_path / ".hidden.parquet").touch()
    opened = source(tmp_path)
    assert [(e.file, e.row, e.label, e.group, e.split) for e in opened.examples] == [
        ("a.PARQUET", 1, "x", "a.PARQUET:1", ""),
        ("a.PARQUET", 2, "y", "a.PARQUET:2", ""),
        ("b.parquet", 1, "x", "b.parquet:1", ""),
    ]
    assert list(opened.contents(opened.examples)) == [CONTENT[0], CONTENT[1], CONTENT[0]]
    assert len(source(tmp_path / "b.parquet").examples) == 1


def test_columns_by_setting(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", sound=CONTENT[:3], kind=["x", "y", "x"], who=[7, 8, 7])
    opened = source(path, content="sound", label="kind", group="who")
    assert [(e.label, e.group) for e in opened.examples] == [("x", "7"), ("y", "8"), ("x", "7")]
    assert [e.group for e in source(path, label="kind", group="kind").examples] == ["x", "y", "x"]


def test_contents_of_some_rows_across_row_groups_and_batches(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"{name}.parquet", label=["x"] * 100)
    opened = source(tmp_path)
    chosen = [place for place in range(200) if place % 7 == 0 and not 40 <= place < 80]
    found = list(opened.contents([opened.examples[place] for place in chosen]))
    assert found == [CONTENT[place % 100] for place in chosen]
    assert list(opened.contents(opened.examples)) == CONTENT * 2


def test_contents_as_hugging_face_writes_sounds_and_pictures(tmp_path: Path) -> None:
    audio = [{"bytes": content, "path": "x.wav"} for content in CONTENT[:40]]
    opened = source(write(tmp_path / "a.parquet", audio=audio, label=["x"] * 40), content="audio")
    assert list(opened.contents(opened.examples[18:23])) == CONTENT[18:23]


@pytest.mark.parametrize("kind", [pa.large_binary(), pa.binary_view(), pa.binary(9)])
def test_other_kinds_of_bytes(tmp_path: Path, kind: pa.DataType) -> None:
    opened = source(write(tmp_path / "a.parquet", {"file": kind}, label=["x"] * 10))
    assert list(opened.contents(opened.examples)) == CONTENT[:10]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())])
def test_other_kinds_of_text(tmp_path: Path, kind: pa.DataType) -> None:
    path = write(tmp_path / "a.parquet", {"label": kind}, label=["x", "y", "x"])
    assert [e.label for e in source(path).examples] == ["x", "y", "x"]


def test_numbers_are_classes_and_take_the_names_of_a_class_label(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.parquet", {"label": pa.uint8()}, label=[10, 0, 1])
    assert [e.label for e in source(plain).examples] == ["10", "0", "1"]
    value = {"dtype": "int64", "_type": "Value"}
    names = {"names": ["whale", "dolphin"], "_type": "ClassLabel"}
    named = write(tmp_path / "b.parquet", metadata=hugging_face(label=names, other=value), label=[1, 0])
    assert [e.label for e in source(named).examples] == ["dolphin", "whale"]
    unnamed = write(tmp_path / "c.parquet", metadata=hugging_face(other=names, label=value), label=[1, 0])
    assert [e.label for e in source(unnamed).examples] == ["1", "0"]
    text = write(tmp_path / "d.parquet", metadata=hugging_face(label=names), label=["a", "b"])
    assert [e.label for e in source(text).examples] == ["a", "b"]


@pytest.mark.parametrize("label", [-1, 2])
def test_a_number_without_a_name_is_refused(tmp_path: Path, label: int) -> None:
    names = {"names": ["whale", "dolphin"], "_type": "ClassLabel"}
    path = write(tmp_path / "a.parquet", metadata=hugging_face(label=names), label=[0, label])
    assert error(path) == f"{path}: row 2: label {label}; expected a number from 0 to 1, which have names"


def test_metadata_that_are_no_json_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", metadata={"huggingface": "{"}, label=[0])
    assert error(path) == f"{path}: metadata 'huggingface': damaged; expected JSON"


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (["train-0-of-2", "train-1-of-2", "test-0-of-1"], {"train", "test"}),
        (["train", "validation", "test"], {"train", "val", "test"}),
        (["train-0", "val_0"], {"train", "val"}),
        (["train", "valid"], {"train", "val"}),
        (["train-0", "test", "more"], {""}),
        (["training", "test"], {""}),
        (["a", "b"], {""}),
    ],
)
def test_files_named_after_splits_prescribe_them(tmp_path: Path, names: list[str], splits: set[str]) -> None:
    for name in names:
        write(tmp_path / f"{name}.parquet", label=["x", "y"])
    examples = source(tmp_path).examples
    assert {e.split for e in examples} == splits
    if splits != {""}:
        assert all(e.file.startswith(e.split) for e in examples)


def test_splits_with_other_classes_or_one_group_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", label=["x", "y"], who=["ann", "bob"])
    write(tmp_path / "test.parquet", label=["x", "y"], who=["cat", "bob"])
    assert "group 'bob' in test (test.parquet) and in train; expected each group in one split" in error(
        tmp_path, group="who"
    )
    assert len(source(tmp_path).examples) == 4
    write(tmp_path / "test.parquet", label=["x", "z"])
    assert error(tmp_path) == f"{tmp_path}: class 'z' in test, but not in train; expected the same classes in both"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"content": "audio"}, "no column 'audio', which decode.content names; expected one of file, label, number"),
        ({"label": "kind"}, "no column 'kind', which decode.label names; expected one of file, label, number"),
        ({"group": "who"}, "no column 'who', which decode.group names; expected one of file, label, number"),
    ],
)
def test_a_missing_column_is_told_with_those_there_are(tmp_path: Path, settings: dict[str, str], message: str) -> None:
    path = write(tmp_path / "a.parquet", label=["x"], number=[0.5])
    assert error(tmp_path, **settings) == f"{path}: {message}"


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table([pa.array([b"x"]), pa.array(["x"]), pa.array(["y"])], ["file", "label", "label"]), path)
    found = "two columns 'label', which decode.label names"
    assert error(path) == f"{path}: {found}; expected one of file, label, label"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"content": "label"}, "'label': string; expected bytes, or a struct with bytes (decode.content)"),
        ({"content": "deep"}, "'deep': struct<path: string>; expected bytes, or a struct with bytes (decode.content)"),
        ({"label": "number"}, "'number': double; expected text or whole numbers (decode.label)"),
        ({"group": "file"}, "'file': binary; expected text or whole numbers (decode.group)"),
    ],
)
def test_a_column_of_another_kind_is_refused(tmp_path: Path, settings: dict[str, str], message: str) -> None:
    path = write(tmp_path / "a.parquet", label=["x"], number=[0.5], deep=[{"path": "x"}])
    assert error(path, **settings) == f"{path}: column {message}"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "row 22: nothing in column 'label'; expected a value in every row"),
        ({"label": "empty"}, "row 23: nothing in column 'empty'; expected a value in every row"),
        ({"label": "kind", "group": "who"}, "row 24: nothing in column 'who'; expected a value in every row"),
    ],
)
def test_nothing_in_a_row_is_told_with_the_row(tmp_path: Path, settings: dict[str, str], message: str) -> None:
    def but(row: int, values: list[Any], nothing: object = None) -> list[Any]:
        return [nothing if place == row else value for place, value in enumerate(values, 1)]

    path = write(
        tmp_path / "a.parquet",
        kind=["x"] * 30,
        label=but(22, ["x"] * 30),
        empty=but(23, ["x"] * 30, ""),
        who=but(24, ["x"] * 30),
    )
    assert error(path, **settings) == f"{path}: {message}"


@pytest.mark.parametrize("content", ["file", "audio", "image"])
def test_no_content_in_a_row_is_an_empty_content_which_counts_as_bad(tmp_path: Path, content: str) -> None:
    structs: list[Any] = [{"bytes": content} for content in CONTENT[:30]]
    columns = {"file": [*CONTENT[:30]], "audio": [*structs], "image": [*structs]}
    columns["file"][24] = columns["audio"][24] = None
    columns["image"][24] = {"bytes": None}
    opened = source(write(tmp_path / "a.parquet", label=["x"] * 30, **columns), content=content)
    assert list(opened.contents(opened.examples)) == [*CONTENT[:24], b"", *CONTENT[25:30]]


def test_files_that_are_no_whole_parquet_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", label=["x"] * 100)
    whole = path.read_bytes()
    start = whole.index(b"content 30")
    for damaged in (b"", b"no table at all", whole[: len(whole) // 2], whole[:start] + bytes(9) + whole[start + 9 :]):
        path.write_bytes(damaged)
        assert error(path).startswith(f"{path}: ")
        assert error(path).endswith("; expected a Parquet file")


def test_a_file_that_is_gone_is_not_taken_for_a_damaged_one(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", label=["x"])
    opened = source(path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        list(opened.contents(opened.examples))


def test_a_folder_without_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    assert error(tmp_path) == f"{tmp_path}: no Parquet file; expected at least one file that ends in .parquet"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux does")
@pytest.mark.long
def test_memory_stays_flat_whatever_the_size_of_a_row_group(tmp_path: Path) -> None:
    size = 2**17
    for name, rows in (("small", 8), ("large", 800)):
        table = pa.table({"file": [bytes([row % 251]) * size for row in range(rows)], "label": ["x"] * rows})
        path = tmp_path / f"{name}.parquet"
        pq.write_table(table, path, compression="none", use_dictionary=False, write_batch_size=4)
        assert pq.ParquetFile(path).num_row_groups == 1
    script = """
import sys
from pathlib import Path
from reprise.blocks import FilesDecode
from reprise.datasets.sources import open_source

for path in sys.argv[1:]:
    source = open_source(Path(path), "parquet", FilesDecode(), frozenset())
    read = sum(map(len, source.contents(source.examples)))
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(read, int(peak.split()[1]) * 1024)
"""
    paths = [str(tmp_path / f"{name}.parquet") for name in ("small", "large")]
    answer = subprocess.run([sys.executable, "-c", script, *paths], check=True, capture_output=True, text=True)
    (_, before), (read, after) = (map(int, line.split()) for line in answer.stdout.splitlines())
    assert read == 800 * size
    assert after - before < read / 3
