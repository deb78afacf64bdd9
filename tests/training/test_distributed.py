"""Two processes train the network that one would."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, Project
from platforms import WINDOWS
from safetensors.numpy import load_file

from reprise.training.distributed import joined, pick_device

needs_torchrun = pytest.mark.skipif(WINDOWS, reason="torchrun asks for libuv, which PyTorch on Windows is without")


def together(project: Project, processes: int) -> subprocess.CompletedProcess[str]:
    script = str(ROOT / "stages/train.py")
    command = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", script]
    return subprocess.run(
        [sys.executable, *command], cwd=project.folder, capture_output=True, text=True, timeout=180, check=False
    )


def losses(project: Project) -> pd.DataFrame:
    folder = project.folder / "reports/train/plots/metrics"
    read = {part: pd.read_csv(folder / part / "loss.tsv", sep="\t")["loss"] for part in ("train", "val")}
    return pd.DataFrame(read)


@needs_torchrun
@pytest.mark.long
def test_the_loss_curve_is_that_of_one_process(done: Project) -> None:
    # Without dropout, of which every process draws its own.
    done.set(tasks__wine__model__dropout=0.0, tasks__wine__train__epochs=15)
    done.run("train")
    alone, weights = losses(done), load_file("models/weights/0.safetensors")
    found = together(done, 2)
    assert found.returncode == 0, found.stderr
    np.testing.assert_allclose(losses(done), alone, rtol=1e-3)
    assert len(alone) == 15
    assert alone["train"].iloc[-1] < 0.5 * alone["train"].iloc[0]
    shared = load_file("models/weights/0.safetensors")
    assert shared.keys() == weights.keys()
    for name, tensor in weights.items():
        np.testing.assert_allclose(shared[name], tensor, atol=2e-3, err_msg=name)
    assert sorted(path.name for path in Path("models").iterdir()) == ["bundle", "weights"]


@needs_torchrun
@pytest.mark.long
def test_a_mistake_is_told_by_every_process_and_leaves_the_outputs(done: Project) -> None:
    before = done.files()
    done.set(batch_size=1)
    found = together(done, 2)
    assert found.returncode == 1
    assert "error: params.yaml: batch_size: 1; expected at least 2, one for each" in found.stderr
    assert "in train\n" not in found.stderr.split("ChildFailedError")[0]
    assert done.files() == before


def test_alone_without_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    with joined() as world:
        assert (world.rank, world.size, world.first) == (0, 1, True)
        assert world.share({"a": 1}) == {"a": 1}
        assert world.sum(1, 2.5) == [1, 2.5]


def test_device_is_what_there_is() -> None:
    assert pick_device().type in {"cpu", "cuda", "mps"}
