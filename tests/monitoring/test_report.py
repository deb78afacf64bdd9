import hashlib
from pathlib import Path

import numpy as np
import pytest

from reprise.bundle import write_bundle
from reprise.monitoring.report import drift_command

from .made import made_bundle
from .test_logs import line, write

RNG = np.random.default_rng(7)


@pytest.fixture
def folder(tmp_path: Path) -> tuple[Path, str]:
    """A bundle that can be read, and the digest of its model."""
    digest = hashlib.sha256(b"model").hexdigest()
    bundle = made_bundle(RNG.normal(size=(115, 2)))
    write_bundle(tmp_path, bundle.model_copy(update={"model": bundle.model.model_copy(update={"sha256": digest})}))
    (tmp_path / "model.onnx").write_bytes(b"model")
    return tmp_path, digest


def test_the_table_has_what_drifted_first(folder: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    place, digest = folder
    recent = RNG.normal((0, 3), size=(400, 2))
    recent[:100, 1] = np.nan
    lines = [line(row, "no" if number < 100 else "yes", model=digest) for number, row in enumerate(recent)]
    log = write(place / "log", *lines, line((1, 2)), lines[0][:30])
    drift_command([log], place)
    text = capsys.readouterr().out
    assert f"400 predictions by model {digest[:12]} (made)" in text
    assert "left out: 1 of other models, 1 cut short" in text
    assert "answers: no 25.0%, yes 75.0%" in text
    header, first, second = text.splitlines()[-3:]
    assert header.split() == ["feature", "drift", "mean", "in", "training", "missing", "in", "training"]
    assert first.split()[0] == "feature_1"
    assert "large" in first
    assert first.split()[-2:] == ["25.0%", "0.0%"]
    assert second.split()[0] == "feature_0"
    assert "large" not in second


def test_few_predictions_are_told_without_scores(folder: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    place, digest = folder
    drift_command([write(place / "log", line((1, 2), model=digest))], place)
    text = capsys.readouterr().out
    assert "too few for a drift score, which takes 100" in text
    assert "left out" not in text
    drift_command([write(place / "log")], place)
    assert capsys.readouterr().out.startswith("0 predictions")
