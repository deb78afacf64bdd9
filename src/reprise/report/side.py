"""One side of a comparison: the files of a revision, or those of the working tree."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from reprise.errors import ArtifactError
from reprise.report.git import show


@dataclass(frozen=True)
class Side:
    """What was there before or is there now.

    `revision` is a commit, None for the working tree in the current folder; `name` is what people call it.
    """

    name: str
    revision: str | None

    def read(self, path: str) -> str | None:
        """Return the text of a file, None where this side has none."""
        if self.revision is not None:
            return show(self.revision, path)
        place = Path(path)
        return place.read_text(encoding="utf-8", errors="replace") if place.is_file() else None

    def json(self, path: str) -> dict[str, Any]:
        """Return what a JSON file holds, an empty mapping where this side has none."""
        text = self.read(path)
        if text is None:
            return {}
        try:
            content = json.loads(text)
        except ValueError as error:
            raise ArtifactError(f"{path} ({self.name})", str(error), "JSON") from None
        if not isinstance(content, dict):
            raise ArtifactError(f"{path} ({self.name})", type(content).__name__, "a mapping")
        return content

    def yaml(self, path: str) -> dict[str, Any]:
        """Return what a YAML file holds, an empty mapping where this side has none."""
        text = self.read(path)
        try:
            content = yaml.safe_load(text) if text is not None else None
        except yaml.YAMLError as error:
            raise ArtifactError(f"{path} ({self.name})", str(error).splitlines()[0], "YAML") from None
        return content if isinstance(content, dict) else {}

    def table(self, path: str) -> list[dict[str, str]]:
        """Return the rows of a CSV or TSV file with a header; none where this side has no such file."""
        text = self.read(path)
        if text is None:
            return []
        return list(csv.DictReader(io.StringIO(text), delimiter="\t" if path.endswith(".tsv") else ","))


def revisions(before: Side, after: Side) -> list[str]:
    """Return the two sides as DVC wants them: the working tree goes without saying."""
    return [side.revision for side in (before, after) if side.revision is not None]
