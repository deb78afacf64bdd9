"""What is asked of git."""

import subprocess

from reprise.errors import InputError


class RevisionError(InputError):
    """There is no such revision, or nothing that it has in common with this one."""


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
