"""What a copy of the project has of it."""

import os

from reprise.sweep.snapshot import snapshot
from sweep.small import Small


def test_changes_and_untracked_files_are_in_the_copy_and_another_repository_is_not(small: Small) -> None:
    (small.folder / "inner").mkdir()
    small.git("init", "-q", "inner")
    (small.folder / "inner/file.txt").touch()
    with snapshot() as made:
        assert (made.base / "train.py").read_text() == (small.folder / "train.py").read_text()
        assert (made.base / "untracked.txt").exists()
        assert not (made.base / "inner").exists()


def test_files_that_were_only_touched_are_no_change(small: Small) -> None:
    small.git("commit", "-qam", "all")
    os.utime(small.folder / "train.py", (0, 0))
    with snapshot() as made:
        assert (made.base / "train.py").read_text() == (small.folder / "train.py").read_text()
