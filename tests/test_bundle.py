import json
from pathlib import Path

import pytest

from reprise.bundle import read_bundle
from reprise.errors import ArtifactError


@pytest.fixture
def folder(done) -> Path:
    return done.folder / "models/bundle"


def change(folder: Path, **values) -> None:
    path = folder / "bundle.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_missing_damaged_and_foreign(folder: Path) -> None:
    with pytest.raises(ArtifactError, match=r"bundle\.json: no such file; expected a bundle"):
        read_bundle(folder / "none")
    model = folder / "model.onnx"
    content = model.read_bytes()
    model.write_bytes(content[:-1])
    with pytest.raises(ArtifactError, match=r"model\.onnx: SHA-256 .* which bundle\.json names"):
        read_bundle(folder)
    model.unlink()
    with pytest.raises(ArtifactError, match=r"model\.onnx: no such file"):
        read_bundle(folder)
    model.write_bytes(content)
    change(folder, schema_version=99, new=1)
    with pytest.raises(ArtifactError, match="schema version 99; expected 1"):
        read_bundle(folder)
    content = json.loads((folder / "bundle.json").read_text())
    del content["new"]
    (folder / "bundle.json").write_text(json.dumps(content))
    change(folder, schema_version=1, task=3)
    with pytest.raises(ArtifactError, match=r"not a bundle \(task: "):
        read_bundle(folder)
    (folder / "bundle.json").write_text("{")
    with pytest.raises(ArtifactError, match=r"not a bundle \(JSON: "):
        read_bundle(folder)
