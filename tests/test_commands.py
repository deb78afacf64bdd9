from pathlib import Path

import pytest

from reprise.commands import CommandError, dvc, git, reason


def test_what_git_says_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"^git clone: repository '.*' does not exist; expected a git repository"):
        git("clone", "nowhere", inside=tmp_path)


def test_what_dvc_says_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"^dvc status: you are not inside of a DVC repository") as caught:
        dvc("status", "--json", inside=tmp_path)
    assert caught.value.status == 253


def test_a_machine_without_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="git version: no program git"):
        git("version")


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        (
            "Traceback (most recent call last):\n  boom\nERROR: failed to push - 3 files\n4\n",
            "failed to push - 3 files",
        ),
        ("WARNING: x\nERROR: unexpected error - b/none/o\n\nHaving any troubles?\n", "b/none/o"),
        ("hint: y\nfatal: bad revision 'x'\n", "bad revision 'x'"),
        ("something else\n", "something else"),
        ("", ""),
    ],
)
def test_the_reason_is_found(printed: str, told: str) -> None:
    assert reason(printed) == told
