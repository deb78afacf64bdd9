"""What the tests of sweeps share."""

from pathlib import Path

import pytest

from sweep.small import Small


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """A new project; the current folder, too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    return Small(tmp_path)
