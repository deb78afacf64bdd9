"""What several sections read of a side: columns as numbers, and the settings of the task."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from reprise.errors import ArtifactError
from reprise.report.side import Side


def columns(side: Side, path: str, *names: str) -> list[dict[str, str]]:
    """Return the rows of a table that has these columns, none where this side has no such file.

    Raises `ArtifactError` where a row lacks one of them.
    """
    rows = side.table(path)
    for place, row in enumerate(rows, start=2):
        for name in names:
            if row.get(name) is None:
                raise ArtifactError(f"{path} ({side.name})", f"no {name!r} in line {place}", ", ".join(names))
    return rows


def floats(side: Side, path: str, rows: Sequence[Mapping[str, str]], name: str, finite: bool = True) -> list[float]:
    """Return a column of `rows`, those of the table `path`, as numbers, all `finite` unless they need not be.

    Raises `ArtifactError` where one is none.
    """
    try:
        values = [float(row[name]) for row in rows]
    except ValueError as error:
        raise ArtifactError(f"{path} ({side.name})", f"{name}: {error}", "numbers") from None
    for value in values:
        if finite and not math.isfinite(value):
            raise ArtifactError(f"{path} ({side.name})", f"{name}: {value}", "finite numbers")
    return values


def settings(side: Side, block: str) -> dict[str, Any]:
    """Return a block of the chosen task in params.yaml, an empty mapping where there is none."""
    params = side.yaml("params.yaml")
    found: Any = params
    for key in ("tasks", params.get("task"), block):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}
