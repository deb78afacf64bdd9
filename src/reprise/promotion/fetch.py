"""A version from where DVC keeps it."""

import subprocess
import sys
from pathlib import Path

from reprise.errors import InputError
from reprise.promotion.tags import Version

# What DVC says where a file, or the list of the files in a folder, is not there.
_ABSENT = ("No storage files available", "No such file or directory")


class FetchError(InputError):
    """A version is not where DVC looks for it."""


def fetch(version: Version, folder: Path) -> None:
    """Copy what is registered to a new folder, from DVC's cache or its default remote; nothing else is touched.

    Raises `FetchError` where neither has all of it.
    """
    command = [sys.executable, "-m", "dvc", "get", ".", version.path, "--rev", version.commit]
    done = subprocess.run(  # noqa: S603
        [*command, "--out", str(folder)], capture_output=True, check=False, encoding="utf-8", errors="replace"
    )
    if done.returncode == 0:
        return
    said = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    reason = said[0].removeprefix("unexpected error - ") if said else f"dvc get ended with {done.returncode}"
    if any(words in reason for words in _ABSENT):
        reason = f"neither in DVC's cache nor in its remote ({reason})"
    expected = "a version that dvc push has sent to the default remote, and leave to read it"
    raise FetchError(f"{version.path} of {version.name}", reason, expected)
