"""Which copy of the code a stage runs."""

import sys
from pathlib import Path


def use_checkout() -> None:
    """Put the code beside this file before any installed copy: a queued experiment runs in a folder of its own."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
