"""A project whose training takes no time, under the settings of the real one."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import optuna
from conftest import ROOT
from optuna.trial import TrialState
from platforms import hears_ctrl_c

PIPELINE = """
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    params: [lr, batch_size, tasks.wine.model, tasks.wine.train]
    outs:
      - reports/train:
          cache: false
metrics: [reports/train/metrics.json]
"""

# Writes what DVCLive would: the loss of each epoch, then the summary. It fails above a rate of 1, and does not get
# beyond the epoch HANGS_AT: for another process to look on, then to interfere.
TRAINING = """
import json, math, os, pathlib, time
import yaml

params = yaml.safe_load(open("params.yaml"))
lr = float(params["lr"])
folder = pathlib.Path("reports/train/plots/metrics/val")
folder.mkdir(parents=True)
if lr > 1:
    raise SystemExit(f"error: params.yaml: lr: {lr:g}: the loss is no number; expected less of it")
with (folder / "loss.tsv").open("w") as file:
    file.write("step\\tloss\\n")
    for epoch in range(1, params["tasks"]["wine"]["train"]["epochs"] + 1):
        loss = abs(math.log10(lr) + 3) + 1 / epoch
        file.write(f"{epoch}\\t{loss:.6g}\\n")
        file.flush()
        if str(epoch) == os.environ.get("HANGS_AT"):
            time.sleep(100)
pathlib.Path("reports/train/metrics.json").write_text(json.dumps({"val": {"loss": loss}}))
"""


class Small:
    """A repository of this project in a folder, a commit and an uncommitted change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(ROOT / "params.yaml", folder)
        (folder / ".dvc").mkdir()
        for name in ("config", ".gitignore"):
            shutil.copy(ROOT / ".dvc" / name, folder / ".dvc")
        (folder / "dvc.yaml").write_text(PIPELINE)
        (folder / "train.py").write_text("raise SystemExit('not yet')\n")
        (folder / "reports/train/plots/metrics/val").mkdir(parents=True)
        (folder / "reports/train/plots/metrics/val/loss.tsv").write_text("step\tloss\n1\t1000\n")
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "test")
        self.git("config", "user.email", "test@example.com")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "start")
        (folder / "train.py").write_text(TRAINING)
        (folder / "untracked.txt").write_text("untracked")
        self.before = self.git("status", "--porcelain")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.folder, capture_output=True, text=True, check=True)
        return done.stdout

    def experiments(self) -> list[str]:
        refs = self.git("for-each-ref", "--format=%(refname)", "refs/exps/").split()
        return sorted(ref.rpartition("/")[2] for ref in refs)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start a sweep in a process of its own, as a person would."""
        code = "import sys; from reprise.errors import one_line_errors; from reprise.sweep.run import sweep\n"
        code += "with one_line_errors(): sweep(sys.argv[2:], int(sys.argv[1]), 'try')"
        return subprocess.Popen(
            [sys.executable, "-W", "error::ResourceWarning", "-c", code, *arguments],
            cwd=self.folder,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **hears_ctrl_c(),
        )

    def wait_for_training(self, trials: int) -> None:
        """Wait until so many trials have had their second epoch."""
        curves = ".dvc/tmp/reprise/*/trial/reports/train/plots/metrics/val/loss.tsv"
        end = time.monotonic() + 60
        while sum(len(path.read_text().splitlines()) > 2 for path in self.folder.glob(curves)) < trials:
            assert time.monotonic() < end
            time.sleep(0.05)

    def trials(self, *states: TrialState) -> list[optuna.trial.FrozenTrial]:
        storage = optuna.storages.RDBStorage(f"sqlite:///{self.folder}/sweeps/studies.db")
        try:
            return optuna.load_study(study_name="try", storage=storage).get_trials(states=states or None)
        finally:
            storage.remove_session()
            storage.engine.dispose()

    def clean(self) -> bool:
        """Whether nothing is left but the study and the experiments."""
        left = list(self.folder.glob(".dvc/tmp/reprise/*"))
        return not left and self.git("status", "--porcelain") == self.before and not self.git("stash", "list")
