"""Run the stages on emulated processors and compare every byte with what the machine at hand writes.

    apt-get install qemu-user
    dvc repro data/dvc.yaml
    python benchmarks/processors.py mlp knn

Emulation takes some minutes for a table and longer for another task, of which a small network is trained for
one epoch. Without names every case runs. The emulator computes floating point exactly as the standard says,
without the wider vectors, caches and cores of the real processor, so that whatever follows those would show.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("preprocess", "train", "evaluate", "export")
PROCESSORS = ("Haswell-v4", "EPYC-Rome")
CASES: dict[str, dict[str, Any]] = {
    "mlp": {"task": "wine"},
    "knn": {"task": "wine", "model": {"network": "knn"}},
    "hotdog": {"task": "hotdog", "model": {"width": 8}, "train": {"epochs": 1}},
    "species": {"task": "species", "model": {"network": "resnet18", "width": 8}, "train": {"epochs": 1}},
    "accident": {"task": "accident", "model": {"width": 8}, "train": {"epochs": 1}},
    "geometry": {"task": "geometry", "model": {"hidden": [64, 32]}, "train": {"epochs": 1, "seeds": [0, 1]}},
}


def params(case: dict[str, Any]) -> str:
    """Return the committed parameters, changed for a case."""
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    content["task"] = case["task"]
    for block, changes in case.items():
        if block != "task":
            content["tasks"][case["task"]][block].update(changes)
    return yaml.safe_dump(content)


def run(case: dict[str, Any], emulator: list[str]) -> dict[str, str]:
    """Run the four stages in a copy of the project and return the digest of each file they write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / ".dvc", folder / ".dvc", ignore=shutil.ignore_patterns("cache", "tmp"))
        shutil.copytree(ROOT / "data/sample", folder / "data/sample")
        (folder / "params.yaml").write_text(params(case))
        subprocess.run("git init -q && git commit -q --allow-empty -m start", shell=True, cwd=folder, check=True)
        for stage in STAGES:
            command = [*emulator, sys.executable, str(ROOT / "stages" / f"{stage}.py")]
            # Processes that a stage starts would not be emulated.
            subprocess.run(
                command, cwd=folder, check=True, capture_output=True, env=os.environ | {"REPRISE_WORKERS": "1"}
            )
        paths = [path for place in ("data/store", "models", "reports") for path in (folder / place).rglob("*")]
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(paths)
            if path.is_file()
        }


def main() -> None:
    """Compare, print a line for each case and processor, and fail on a difference."""
    emulator = shutil.which("qemu-x86_64")
    if emulator is None:
        sys.exit("error: qemu-x86_64: not found; expected the package qemu-user")
    failed = False
    for name in sys.argv[1:] or CASES:
        here = run(CASES[name], [])
        for processor in PROCESSORS:
            there = run(CASES[name], [emulator, "-cpu", processor])
            different = [file for file in here.keys() | there.keys() if here.get(file) != there.get(file)]
            failed = failed or bool(different)
            print(f"{name} on {processor}: {len(here)} files, different: {', '.join(different) or 'none'}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
