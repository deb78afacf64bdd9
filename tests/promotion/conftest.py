"""What the tests of promotion share."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Project


@pytest.fixture(scope="session")
def bundle(trained: Callable[[str], Project]) -> Path:
    """A small bundle; not to be written to."""
    return trained("wine").folder / "models/bundle"
