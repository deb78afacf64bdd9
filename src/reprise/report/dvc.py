"""What is asked of DVC, always as JSON: its exit codes do not tell a difference from a mistake."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from reprise.errors import InputError


class DvcError(InputError):
    """DVC could not say what it was asked for."""


def dvc(*arguments: str) -> dict[str, Any]:
    """Run DVC with `--json` in the current folder and return what it found; raise `DvcError` where it fails."""
    command = [sys.executable, "-m", "dvc", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")  # noqa: S603
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        said = done.stderr.strip().splitlines()
        raise DvcError(f"dvc {' '.join(arguments)}", said[-1] if said else "no answer", "a clone of the project")
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def stale() -> list[str]:
    """Return the stages whose reports are not of the parameters, data and code that are here.

    Data that are not here, as in a fresh clone, make no stage stale; nor do outputs that wait in the remote.
    """
    return [stage for stage, changes in dvc("status").items() if any(map(_is_change, changes))]


def _is_change(change: object) -> bool:
    if not isinstance(change, dict):  # `changed command`, and what is never up to date
        return True
    return any(word not in {"deleted", "not in cache"} for word in _words(change))


def _words(change: object) -> Iterator[object]:
    """Yield the statuses in what DVC nests as kind, file and key."""
    if isinstance(change, dict):
        for inner in change.values():
            yield from _words(inner)
    else:
        yield change
