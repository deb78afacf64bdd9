import json
from pathlib import Path

import pytest

from reprise.bundle import Quantization, read_bundle, sha256, write_bundle
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


def test_a_bundle_from_before_there_were_integers_is_read(folder: Path) -> None:
    content = json.loads((folder / "bundle.json").read_text())
    assert content.pop("quantization") is None
    (folder / "bundle.json").write_text(json.dumps(content))
    bundle = read_bundle(folder)
    assert bundle.quantization is None
    assert bundle.served == bundle.model


def test_the_model_in_integers_is_served_where_there_is_one_and_checked_too(folder: Path) -> None:
    bundle, path = read_bundle(folder), folder / "model.int8.onnx"
    path.write_bytes(b"integers")
    model = bundle.model.model_copy(update={"file": path.name, "sha256": sha256(path)})
    tried = Quantization(
        items=3,
        float_accuracy=1.0,
        int8_accuracy=1.0,
        drop=0.0,
        max_drop=0.5,
        changed=0,
        difference=0.01,
        served=True,
        reason="",
        model=model,
    )
    write_bundle(folder, bundle.model_copy(update={"quantization": tried}))
    assert read_bundle(folder).served == model
    path.write_bytes(b"damaged")
    with pytest.raises(ArtifactError, match=r"model\.int8\.onnx: SHA-256 .* which bundle\.json names"):
        read_bundle(folder)
    path.unlink()
    with pytest.raises(ArtifactError, match=r"model\.int8\.onnx: no such file"):
        read_bundle(folder)
    write_bundle(folder, bundle.model_copy(update={"quantization": tried.model_copy(update={"model": None})}))
    assert read_bundle(folder).served == bundle.model
