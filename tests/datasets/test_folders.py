import sys
from pathlib import Path

import pytest
from platforms import links

from reprise.blocks import FilesDecode
from reprise.datasets.sources import Source, open_source
from reprise.errors import DataError, ParamsError

SUFFIXES = frozenset({".jpg", ".png"})


def tree(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(file.encode())
    return root


def source(root: Path, **settings: object) -> Source:
    return open_source(root, "folder", FilesDecode(**settings), SUFFIXES)


def listed(root: Path, **settings: object) -> list[tuple[str, str, str]]:
    return [(e.file, e.label, e.split) for e in source(root, **settings).examples]


def error(root: Path, **settings: object) -> str:
    with pytest.raises(DataError) as caught:
        source(root, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_each_folder_is_a_class_and_files_lie_at_any_depth(tmp_path: Path) -> None:
    tree(tmp_path, "dog/b.jpg", "cat/x/y/a.PNG", "cat/c.JPG", "cat/readme.txt", "cat/.d.jpg", "cat/.e/f.jpg")
    tree(tmp_path, "beside.jpg", ".cache/g.jpg")
    assert listed(tmp_path) == [("cat/c.JPG", "cat", ""), ("cat/x/y/a.PNG", "cat", ""), ("dog/b.jpg", "dog", "")]


def test_files_are_sorted_whatever_the_order_on_disk(tmp_path: Path) -> None:
    names = [f"{label}/{number}.jpg" for label in "cab" for number in (2, 10, 1)]
    tree(tmp_path, *names)
    assert [file for file, _, _ in listed(tmp_path)] == sorted(names)


def test_contents_are_paths_in_the_order_asked_for(tmp_path: Path) -> None:
    tree(tmp_path, "a/1.jpg", "a/2.jpg", "b/3.jpg")
    opened = source(tmp_path)
    paths = list(opened.contents(opened.examples[1:]))
    assert [path.read_bytes() for path in paths] == [b"a/2.jpg", b"b/3.jpg"]
    assert opened.examples[0].row == 0


@pytest.mark.parametrize("val", ["val", "valid", "validation"])
def test_folders_named_after_splits_prescribe_them(tmp_path: Path, val: str) -> None:
    tree(tmp_path, "train/cat/a.jpg", "train/dog/b.jpg", f"{val}/cat/c.jpg", "test/cat/d.jpg", "test/dog/e.jpg")
    tree(tmp_path, "labels.csv", ".git/x/y")
    assert listed(tmp_path) == [
        ("test/cat/d.jpg", "cat", "test"),
        ("test/dog/e.jpg", "dog", "test"),
        ("train/cat/a.jpg", "cat", "train"),
        ("train/dog/b.jpg", "dog", "train"),
        (f"{val}/cat/c.jpg", "cat", "val"),
    ]


def test_folders_named_after_splits_are_classes_where_they_hold_none_or_have_others_beside_them(tmp_path: Path) -> None:
    tree(tmp_path / "1", "train/a.jpg", "test/b.jpg")
    assert listed(tmp_path / "1") == [("test/b.jpg", "test", ""), ("train/a.jpg", "train", "")]
    tree(tmp_path / "2", "train/x/a.jpg", "bus/x/b.jpg")
    assert [label for _, label, _ in listed(tmp_path / "2")] == ["bus", "train"]
    tree(tmp_path / "3", "val/x/a.jpg")
    assert listed(tmp_path / "3") == [("val/x/a.jpg", "val", "")]


def test_a_split_without_class_folders_is_no_class(tmp_path: Path) -> None:
    tree(tmp_path, "train/cat/a.jpg", "train/dog/b.jpg", "test/1.jpg")
    assert (
        error(tmp_path)
        == f"{tmp_path / 'test'}: no folders; expected a folder for each class, as in the folders beside it"
    )


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["train/cat/a.jpg", "test/cat/b.jpg", "test/dog/c.jpg"], "class 'dog' in test, but not in train"),
        (["train/cat/a.jpg", "train/dog/b.jpg", "test/cat/c.jpg"], "class 'dog' in train, but not in test"),
        (["train/cat/a.jpg", "val/dog/b.jpg"], "class 'dog' in val, but not in train"),
        (["test/cat/a.jpg", "test/dog/b.jpg"], "class 'cat' in test, but not in train"),
    ],
)
def test_splits_with_other_classes_are_refused(tmp_path: Path, files: list[str], message: str) -> None:
    assert error(tree(tmp_path, *files)) == f"{tmp_path}: {message}; expected the same classes in both"


def test_several_folders_to_one_class_and_others_left_out(tmp_path: Path) -> None:
    tree(tmp_path, "TU-DAT/positive/a.jpg", "BeamNG/x/b.jpg", "TU-DAT/negative/c.jpg", "unused/d.jpg")
    classes = {"accident": ("TU-DAT/positive", "BeamNG/"), "normal": ("./TU-DAT/negative",)}
    assert listed(tmp_path, classes=classes) == [
        ("BeamNG/x/b.jpg", "accident", ""),
        ("TU-DAT/negative/c.jpg", "normal", ""),
        ("TU-DAT/positive/a.jpg", "accident", ""),
    ]


def test_classes_are_looked_for_in_each_split(tmp_path: Path) -> None:
    tree(tmp_path, "train/x/p/a.jpg", "train/n/b.jpg", "test/x/p/c.jpg", "test/n/d.jpg")
    classes = {"yes": ("x/p",), "no": ("n",)}
    assert [(label, split) for _, label, split in listed(tmp_path, classes=classes)] == [
        ("no", "test"),
        ("yes", "test"),
        ("no", "train"),
        ("yes", "train"),
    ]
    (tmp_path / "test/x/p/c.jpg").unlink()
    assert f"{tmp_path / 'test/x/p'}: no usable file; expected at least one of .jpg, .png" in error(
        tmp_path, classes=classes
    )


def test_named_folders_that_are_missing_or_without_files(tmp_path: Path) -> None:
    tree(tmp_path, "a/1.jpg", "b/1.txt")
    message = f"{tmp_path / 'c'}: no such folder; expected files of class 'no' (decode.classes)"
    assert error(tmp_path, classes={"yes": ("a",), "no": ("c",)}) == message
    assert "b: no usable file (1 of other kinds)" in error(tmp_path, classes={"yes": ("a",), "no": ("b",)})


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a"), ("a", "./a"), ("../a",), (".",), ("/",), ("a/../b",)])
def test_folders_that_lie_in_each_other_or_elsewhere(tmp_path: Path, names: tuple[str, ...]) -> None:
    tree(tmp_path, "a/b/1.jpg", "b/2.jpg")
    with pytest.raises(ParamsError, match=r"^params\.yaml: decode\.classes: "):
        source(tmp_path, classes={"yes": names})


def test_a_class_without_usable_files_is_told_what_it_holds(tmp_path: Path) -> None:
    tree(tmp_path, "cat/a.jpg", "dog/a.gif", "dog/b.txt", "dog/x/c", "dog/.d.jpg", "dog/.e/f.jpg")
    found = f"{tmp_path / 'dog'}: no usable file (3 of other kinds, 2 hidden); expected at least one of .jpg, .png"
    assert error(tmp_path) == found
    (tmp_path / "bird").mkdir()
    assert error(tmp_path) == f"{tmp_path / 'bird'}: no usable file; expected at least one of .jpg, .png"


def test_no_folders_at_all(tmp_path: Path) -> None:
    tree(tmp_path, "a.jpg")
    layout = (
        "no folders; expected a folder for each class, <class>/<file>, or train/<class>/<file> and test/<class>/<file>"
    )
    assert error(tmp_path) == f"{tmp_path}: {layout}"
    assert error(tmp_path / "a.jpg") == f"{tmp_path / 'a.jpg'}: {layout}"


def test_nothing_at_the_path(tmp_path: Path) -> None:
    message = "no such file or folder; expected your data, by dvc add or dvc import-url"
    for name in ("folder", "parquet", "cifar10", "stl10"):
        with pytest.raises(DataError) as caught:
            open_source(tmp_path / "none", name, FilesDecode(), SUFFIXES)
        assert str(caught.value) == f"{tmp_path / 'none'}: {message}"


def test_no_such_format(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no format 'zip'"):
        open_source(tmp_path, "zip", FilesDecode(), SUFFIXES)


def test_without_a_pattern_each_file_is_a_group(tmp_path: Path) -> None:
    tree(tmp_path, "a/1.jpg", "b/1.jpg")
    assert [e.group for e in source(tmp_path).examples] == ["a/1.jpg", "b/1.jpg"]


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [
        (r"^[a-z]+", ["ann", "bob", "ann"]),
        (r"_(\d)", ["1", "1", "2"]),
        (r"(bob)|(ann)_\d", ["ann", "bob", "ann"]),
    ],
)
def test_groups_by_the_name_of_a_file_whatever_its_folder(tmp_path: Path, pattern: str, groups: list[str]) -> None:
    tree(tmp_path, "x_9/ann_1.jpg", "x_9/bob_1.jpg", "y_9/ann_2.jpg")
    assert [e.group for e in source(tmp_path, group=pattern).examples] == groups


@pytest.mark.parametrize(
    ("pattern", "message"),
    [("ann", "no match of 'ann' in its name"), (r"\d*", r"an empty match of '\\d*' in its name")],
)
def test_a_name_without_a_group_is_refused(tmp_path: Path, pattern: str, message: str) -> None:
    tree(tmp_path, "ann/bob.jpg")
    assert error(tmp_path, group=pattern).startswith(f"{tmp_path}/ann/bob.jpg: {message}; expected ")


def test_a_group_in_two_prescribed_splits_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, "train/a/ann1.jpg", "train/b/ann2.jpg", "test/a/bob1.jpg", "test/b/bob2.jpg")
    assert {e.group for e in source(tmp_path, group="[a-z]+").examples} == {"ann", "bob"}
    tree(tmp_path, "test/b/ann3.jpg")
    found = "group 'ann' in test (test/b/ann3.jpg) and in train"
    message = f"{tmp_path}/train/a/ann1.jpg: {found}; expected each group in one split"
    assert error(tmp_path, group="[a-z]+") == message


@links
def test_links_are_followed_but_no_folder_twice(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", "cat/a.jpg", "cat/x/b.jpg", "dog/c.jpg")
    tree(tmp_path / "elsewhere", "d.jpg", "deep/e.jpg")
    (root / "dog/more").symlink_to(tmp_path / "elsewhere")
    (root / "dog/f.jpg").symlink_to(tmp_path / "elsewhere/d.jpg")
    (root / "cat/x/up").symlink_to(root / "cat")
    (root / "cat/root").symlink_to(root)
    (root / "cat/again").symlink_to(root / "cat/x")
    (root / "cat/self.jpg").symlink_to(root / "cat/self.jpg")
    (root / "cat/nowhere.jpg").symlink_to(root / "nowhere.jpg")
    (tmp_path / "elsewhere/deep/back").symlink_to(tmp_path / "elsewhere")
    files = [file for file, _, _ in listed(root)]
    assert files == ["cat/a.jpg", "cat/x/b.jpg", "dog/c.jpg", "dog/f.jpg", "dog/more/d.jpg", "dog/more/deep/e.jpg"]


@links
def test_a_link_to_the_root_is_no_class(tmp_path: Path) -> None:
    tree(tmp_path, "cat/a.jpg")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert error(tmp_path).startswith(f"{tmp_path / 'loop'}: no usable file; expected")


@pytest.mark.skipif(sys.platform == "darwin", reason="a file on macOS has no such name")
def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat/\udce9.jpg").touch()
    assert error(tmp_path) == rf"{tmp_path}: a file named 'cat/\udce9.jpg'; expected a name in UTF-8"
