"""What is asked of git."""

from functools import cache
from pathlib import Path

from reprise.commands import CommandError, git
from reprise.errors import InputError


class RevisionError(InputError):
    """There is no such revision, or it has nothing in common with what is here."""


def show(revision: str, path: str) -> str | None:
    """Return the text of a file in a commit, None where the commit has no such file.

    `path` is relative to the current folder.
    """
    return _show(revision, path, Path.cwd())


@cache  # what a commit holds does not change, and a report reads its parameters in many places
def _show(revision: str, path: str, inside: Path) -> str | None:
    if not git("ls-tree", "--name-only", revision, "--", path, inside=inside).strip():
        return None
    return git("show", f"{revision}:./{path}", inside=inside)


def committed(*patterns: str) -> bool:
    """Return whether the files that match are those of HEAD."""
    return not git("status", "--porcelain", "--", *patterns)


def experiments() -> dict[str, str]:
    """Return the commit of each DVC experiment by its name; of two with one name the later one."""
    found = git("for-each-ref", "--sort=committerdate", "--format=%(refname) %(objectname)", "refs/exps/").split()
    return {ref.rpartition("/")[2]: commit for ref, commit in zip(found[::2], found[1::2], strict=True)}


def base_commit(name: str) -> str:
    """Return the commit to compare with.

    For a branch, a tag or a commit it is where the history of HEAD left that of `name`; a DVC experiment is taken as
    it is. Raises `RevisionError` where there is neither, or no history in common, and `CommandError` where git fails.
    """
    git("rev-parse", "--git-dir")
    commit = _ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if commit is None:
        found = experiments()
        if name not in found:
            raise RevisionError("--base", repr(name), "a branch, a commit or an experiment; git fetch brings branches")
        return found[name]
    if _ask("rev-parse", "--verify", "--quiet", "HEAD") is None:
        raise RevisionError("HEAD", "no commit", "a history to compare with")
    base = _ask("merge-base", commit, "HEAD")
    if base is None:
        apart = f"{name!r} has no history in common with HEAD"
        raise RevisionError("--base", apart, "all of it: git fetch --unshallow")
    return base


def _ask(*arguments: str) -> str | None:
    """Return what git answers, None where it says no."""
    try:
        return git(*arguments).strip()
    except CommandError as error:
        if error.status == 1 or "--verify" in arguments:
            return None
        raise
