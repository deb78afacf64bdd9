import subprocess
from pathlib import Path

import pytest

from reprise.commands import CommandError, git
from reprise.report.git import RevisionError, base_commit, show


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits on main, one more on a branch, which is checked out."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "test")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "test@example.com")
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "main")
    commit("one")
    git("switch", "-q", "-c", "branch")
    commit("two")
    git("switch", "-q", "main")
    commit("three")
    git("switch", "-q", "branch")
    return tmp_path


def commit(text: str) -> str:
    Path("file.txt").write_text(text)
    git("add", "file.txt")
    git("commit", "-q", "-m", text)
    return git("rev-parse", "HEAD").strip()


def test_a_branch_is_compared_where_the_histories_part(repository: Path) -> None:
    base = base_commit("main")
    assert base == git("rev-parse", "main~1").strip()
    assert show(base, "file.txt") == "one"
    assert show(base, "absent.txt") is None


def test_a_file_is_found_from_a_folder_below(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "folder").mkdir()
    (repository / "folder/file.txt").write_text("below")
    git("add", "-A")
    git("commit", "-q", "-m", "below")
    monkeypatch.chdir("folder")
    assert show("HEAD", "file.txt") == "below"


def test_an_experiment_is_compared_as_it_is(repository: Path) -> None:
    main = git("rev-parse", "main").strip()
    git("update-ref", "refs/exps/ab/cdef/quick-fox", main)
    assert base_commit("quick-fox") == main


@pytest.mark.parametrize("name", ["origin/main", "--all", "", "main:file.txt", "nothing"])
def test_what_is_no_revision_is_told(repository: Path, name: str) -> None:
    with pytest.raises(RevisionError, match=r"--base: .*; expected a branch, a commit or an experiment"):
        base_commit(name)


def test_a_shallow_clone_is_told(repository: Path, tmp_path_factory, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path_factory.mktemp("shallow")
    origin = repository.as_uri()
    subprocess.run(["git", "clone", "-q", "--depth=1", "--no-single-branch", origin, str(other)], check=True)
    monkeypatch.chdir(other)
    with pytest.raises(RevisionError, match="no history in common with HEAD; expected all of it: git fetch"):
        base_commit("origin/main")


def test_a_folder_without_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(CommandError, match="git rev-parse: not a git repository"):
        base_commit("main")
