"""What is asked of DVC, always as JSON: its exit codes do not tell a difference from a mistake."""

import json
from collections.abc import Iterator
from typing import Any

from reprise import commands


def dvc(*arguments: str) -> dict[str, Any]:
    """Ask DVC for JSON about the current folder; raise `CommandError` where it has none."""
    printed = commands.dvc(*arguments, "--json").strip().splitlines()
    found: dict[str, Any] = json.loads(printed[-1]) if printed else {}
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
