"""A version from where DVC keeps it."""

from pathlib import Path

from reprise.commands import CommandError, dvc
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
    try:
        dvc("get", ".", version.path, "--rev", version.commit, "--out", str(folder))
    except CommandError as error:
        found = error.said
        if any(words in found for words in _ABSENT):
            found = f"neither in DVC's cache nor in its remote ({found})"
        expected = "a version that dvc push has sent to the default remote, and leave to read it"
        raise FetchError(f"{version.path} of {version.name}", found, expected) from None
