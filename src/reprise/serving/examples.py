"""The examples of a bundle, as instances."""

from pathlib import Path
from typing import Any

from pydantic_core import from_json


def read_example(path: Path, modality: str) -> Any:
    """Read an example: the row of a table, else the content of a file.

    Raises `OSError` where it is missing and `ValueError` where a row is no JSON.
    """
    content = path.read_bytes()
    return from_json(content) if modality == "tabular" else content
