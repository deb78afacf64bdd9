from pathlib import Path

import numpy as np
import pytest
from platforms import links

from reprise.blocks import TabularDecode
from reprise.datasets.tables import read_csv
from reprise.errors import DataError, ParamsError

DECODE = TabularDecode(label="kind")


def write(folder: Path, text: str | bytes, name: str = "a.csv") -> Path:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def test_rows_become_examples_and_vectors(tmp_path: Path) -> None:
    table = read_csv(write(tmp_path, "x,kind,y\n1,red,2\n3, blue ,\n"), DECODE)
    assert table.features == ("x", "y")
    np.testing.assert_array_equal(table.items, np.array([[1, 2], [3, np.nan]], np.float32))
    assert [(e.file, e.row, e.label, e.group) for e in table.examples] == [
        ("a.csv", 2, "red", "a.csv:2"),
        ("a.csv", 3, "blue", "a.csv:3"),
    ]


def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    write(tmp_path, "x,kind\n1,a\n")
    assert len(read_csv(tmp_path / "a.csv", DECODE).examples) == 1


def test_byte_order_mark_quotes_blank_lines_and_crlf(tmp_path: Path) -> None:
    table = read_csv(write(tmp_path, b'\xef\xbb\xbfkind,"x"\r\n"a ""b""",1\r\n\r\nc,2\r\n'), DECODE)
    assert [e.label for e in table.examples] == ['a "b"', "c"]
    assert [e.row for e in table.examples] == [2, 4]


def test_several_files_with_columns_in_another_order(tmp_path: Path) -> None:
    write(tmp_path, "x,y,kind\n1,2,a\n", "1.csv")
    write(tmp_path, "kind,y,x\nb,4,3\n", "2.CSV")
    write(tmp_path, "no table", "read.me")
    table = read_csv(tmp_path, DECODE)
    assert table.items.tolist() == [[1, 2], [3, 4]]


def test_rows_with_the_same_features_are_one_group(tmp_path: Path) -> None:
    table = read_csv(
        write(tmp_path, "x,kind,who\n1,a,p\n2,b,p\n1,a,q\n1,b,q\n"), TabularDecode(label="kind", ignore=("who",))
    )
    assert [e.group for e in table.examples] == ["a.csv:2", "a.csv:3", "a.csv:2", "a.csv:2"]
    assert table.duplicates == 2
    table = read_csv(tmp_path, TabularDecode(label="kind", group="who"))
    assert [e.group for e in table.examples] == ["p", "p", "q", "q"]


def test_columns_by_setting(tmp_path: Path) -> None:
    write(tmp_path, "id;who;x;y;kind\n7;ann;1;2;a\n8;bob;3;4;b\n")
    decode = TabularDecode(label="kind", group="who", ignore=("id",), delimiter=";")
    table = read_csv(tmp_path, decode)
    assert table.features == ("x", "y")
    assert [e.group for e in table.examples] == ["ann", "bob"]
    assert read_csv(tmp_path, TabularDecode(label="kind", features=("y",), delimiter=";")).items.tolist() == [[2], [4]]


@pytest.mark.parametrize(
    ("text", "decode", "message"),
    [
        ("", DECODE, "an empty file; expected a header and rows"),
        ("\n\n", DECODE, "an empty file; expected a header and rows"),
        ("x,y\n1,2\n", DECODE, "no column 'kind', which decode.label names; expected one of x, y"),
        ("kind\na\n", DECODE, "no column beside the label; expected at least one feature"),
        ("x,x,kind\n1,2,a\n", DECODE, "two columns named 'x'; expected a name of its own for each column"),
        ("x,kind\n1,a\n2\n", DECODE, "line 3: 1 cells; expected 2, as in the header"),
        ("x,kind\n1,a\nabc,a\n", DECODE, "line 3, column x: 'abc'; expected a number"),
        ("x,kind\n1,a\ninf,a\n", DECODE, "line 3, column x: 'inf'; expected a finite number"),
        ("x,kind\n1,\n", DECODE, "line 2: label '', a missing value; expected a label in every row"),
        ("x,kind\n1,?\n", DECODE, "line 2: label '?', a missing value"),
        ("x,who,kind\n1, ,a\n", TabularDecode(label="kind", group="who"), "line 2: group '', a missing value"),
        (",x,kind\n0,1,a\n", DECODE, "no name over column 1; expected a name, or '' in decode.ignore"),
        ("x,y,kind\n1,,a\n2,NA,b\n", DECODE, "column y: no value in any row; expected a number in at least one"),
        (b"x,kind\n1,a\n2,\xe9\n", DECODE, "byte 0xe9; expected UTF-8 text"),
        ('x,kind\n"1"2,a\n', DECODE, "line 2: "),
        ("x,kind\n1,a\n", TabularDecode(label="kind", group="who"), "no column 'who', which decode.group names"),
        ("x,kind\n1,a\n", TabularDecode(label="kind", features=("z",)), "no column 'z', which decode.features names"),
        ("x,kind\n1,a\n", TabularDecode(label="kind", ignore=("z",)), "no column 'z', which decode.ignore names"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, text: str | bytes, decode: TabularDecode, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_csv(write(tmp_path, text), decode)
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_files_that_do_not_match(tmp_path: Path) -> None:
    write(tmp_path, "x,kind\n1,a\n", "1.csv")
    write(tmp_path, "y,kind\n1,a\n", "2.csv")
    with pytest.raises(DataError, match=r"2\.csv: other columns than in the files before it: x, y"):
        read_csv(tmp_path, DECODE)


def test_no_folder_and_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file or folder; expected a CSV file or a folder"):
        read_csv(tmp_path / "none", DECODE)
    with pytest.raises(DataError, match="no CSV file; expected at least one"):
        read_csv(tmp_path, DECODE)


@pytest.mark.parametrize("features", [("x", "x"), ("x", "kind")])
def test_features_named_twice_or_used_otherwise(tmp_path: Path, features: tuple[str, ...]) -> None:
    write(tmp_path, "x, kind\n1,a\n")
    with pytest.raises(ParamsError, match=r"params\.yaml: decode\.features: .* expected each column once"):
        read_csv(tmp_path, TabularDecode(label="kind", features=features))


@links
def test_files_only(tmp_path: Path) -> None:
    write(tmp_path, "x,kind\n1,a\n")
    (tmp_path / "b.csv").mkdir()
    (tmp_path / "c.csv").symlink_to(tmp_path / "nowhere")
    assert len(read_csv(tmp_path, DECODE).examples) == 1


def test_repeats_are_found_by_value_not_by_how_it_is_written(tmp_path: Path) -> None:
    path = write(tmp_path, "x,y,kind\n5.1,0,a\n5.10,-0.0,b\n5.1,,a\n5.1,NA,b\n5.2,0,a\n")
    table = read_csv(path, TabularDecode(label="kind"))
    first, second, third, fourth, fifth = (example.group for example in table.examples)
    assert first == second
    assert third == fourth
    assert len({first, third, fifth}) == 3
    assert table.duplicates == 2
