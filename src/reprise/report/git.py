"""What is asked of git."""

import subprocess

from reprise.errors import InputError


class RevisionError(InputError):
    """There is no such revision, or it has nothing in common with what is here."""


def git(*arguments: str) -> str:
    """Run git in the current folder and return what it printed; raise `CalledProcessError` where it fails."""
    done = subprocess.run(["git", *arguments], capture_output=True, check=True, encoding="utf-8")  # noqa: S603, S607
    return done.stdout


def show(revision: str, path: str) -> str | None:
    """Return the text of a file in a commit, None where the commit has no such file.

    `path` is relative to the current folder.
    """
    if not git("ls-tree", "--name-only", revision, "--", path).strip():
        return None
    return git("show", f"{revision}:./{path}")


def committed(*patterns: str) -> bool:
    """Return whether the files that match are those of HEAD."""
    return not git("status", "--porcelain", "--", *patterns)


def base_commit(name: str) -> str:
    """Return the commit to compare with.

    For a branch, a tag or a commit it is where the history of HEAD left that of `name`; a DVC experiment is taken as
    it is. Raises `RevisionError` where there is neither, or no history in common.
    """
    commit = _ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if commit is None:
        if _ask("rev-parse", "--git-dir") is None:
            raise RevisionError(".", "no git repository", "a clone of the project")
        return _experiment(name)
    if _ask("rev-parse", "--verify", "--quiet", "HEAD") is None:
        raise RevisionError("HEAD", "no commit", "a history to compare with")
    base = _ask("merge-base", commit, "HEAD")
    if base is None:
        found = f"{name!r} has no history in common with HEAD"
        raise RevisionError("--base", found, "all of it: git fetch --unshallow")
    return base


def _experiment(name: str) -> str:
    found = git("for-each-ref", "--format=%(refname) %(objectname)", "refs/exps/").split()
    commits = {ref.rpartition("/")[2]: commit for ref, commit in zip(found[::2], found[1::2], strict=True)}
    if name not in commits:
        raise RevisionError("--base", repr(name), "a branch, a commit or an experiment; git fetch brings branches")
    return commits[name]


def _ask(*arguments: str) -> str | None:
    """Return what git answers, None where it says no."""
    try:
        return git(*arguments).strip()
    except subprocess.CalledProcessError:
        return None
