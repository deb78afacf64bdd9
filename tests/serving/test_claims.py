import os
from pathlib import Path

import pytest
from platforms import removes_open_files

from reprise.serving.claims import claim, cut_to_lines, lock, release


def test_a_claim_is_for_one(tmp_path: Path) -> None:
    path = tmp_path / "part"
    assert claim(path) is None
    path.write_bytes(b"line\n")
    first = claim(path)
    assert first is not None
    assert claim(path) is None
    os.close(first)
    writer = os.open(path, os.O_RDWR)
    assert lock(writer)
    assert claim(path) is None
    os.close(writer)


def test_what_was_just_made_is_left_to_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_bytes(b"")
    assert claim(path) is None
    os.utime(path, (0, 0))
    file = claim(path)
    assert file is not None
    assert cut_to_lines(file) == 0
    release(path, file)
    assert not path.exists()


@removes_open_files
def test_who_waited_for_a_file_that_is_removed_finds_nothing_in_it(tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_bytes(b"line\n")
    late = os.open(path, os.O_RDWR)
    file = claim(path)
    assert file is not None
    release(path, file)
    assert lock(late)
    assert cut_to_lines(late) == 0
    release(path, late)


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"one\n", b"one\n"),
        (b"one\ntw", b"one\n"),
        (b"tw", b""),
        (b"one\n" + b"x" * 100_000, b"one\n"),
    ],
)
def test_a_line_without_an_end_is_cut_off(tmp_path: Path, content: bytes, kept: bytes) -> None:
    path = tmp_path / "part"
    path.write_bytes(content)
    file = claim(path)
    assert file is not None
    assert cut_to_lines(file) == len(kept)
    assert path.read_bytes() == kept
    os.close(file)
