"""The server as a process: how it starts, how it fails to, how it ends."""

import json
import re
import shutil
from pathlib import Path

import pytest

from serving.process import running, start


def fails(bundle: Path | str, **environment: str) -> str:
    process, _ = start(bundle, **environment)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert len(errors.splitlines()) == 1, errors
    return errors


@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_bundle_is_one_line_and_exit_code_1(tmp_path: Path, workers: str) -> None:
    found = fails(tmp_path / "none", WEB_CONCURRENCY=workers)
    assert (
        found
        == f"error: {tmp_path / 'none/bundle.json'}: no such file; expected a bundle, as the export stage writes it\n"
    )


def test_a_damaged_or_foreign_bundle_is_one_line_and_exit_code_1(trained, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(trained("wine").folder / "models/bundle", folder)
    model = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(model[:-1])
    assert "SHA-256" in fails(folder)
    (folder / "model.onnx").write_bytes(model)
    card = json.loads((folder / "bundle.json").read_text())
    expected = card["examples"][0]["label"]
    card["examples"][0]["label"] = "class_x"
    (folder / "bundle.json").write_text(json.dumps(card))
    assert re.search(rf"examples/1\.json: answered {expected}.*; expected class_x", fails(folder))


def test_an_unknown_storage_and_a_wrong_setting_are_one_line() -> None:
    assert "nowhere://bucket/model: cannot be read" in fails("nowhere://bucket/model")
    assert "REPRISE_QUEUE: 'x'; expected a whole number" in fails("models/bundle", REPRISE_QUEUE="x")


@pytest.mark.long
def test_several_workers_answer_count_together_and_end_with_0(trained, tmp_path: Path) -> None:
    bundle = trained("wine").folder / "models/bundle"
    row = json.loads((bundle / "examples/1.json").read_text())
    with running(bundle, WEB_CONCURRENCY="2", REPRISE_LOG=str(tmp_path / "log")) as server:
        for _ in range(40):
            assert len(server.post("/predict", {"instances": [row]})["predictions"]) == 1
        text = server.get("/metrics").decode()
        assert re.search(r'reprise_requests_total{method="POST",route="/predict",status="200"} 40\.0', text)
        assert server.end() == 0
    parts = list((tmp_path / "log").iterdir())
    assert sum(len(part.read_text().splitlines()) for part in parts) == 40


@pytest.mark.long
def test_a_bundle_from_a_url(trained) -> None:
    folder = trained("wine").folder / "models/bundle"
    with running(f"file://{folder}") as server:
        assert json.loads(server.get("/model"))["task"] == "wine"
        assert server.end() == 0
