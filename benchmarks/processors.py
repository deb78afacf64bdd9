"""Run the stages on emulated processors and compare every byte with what the machine at hand writes.

    apt-get install qemu-user
    python benchmarks/processors.py

Emulation takes some minutes. The emulator computes floating point exactly as the standard says, without the
wider vectors, caches and cores of the real processor, so that whatever follows those would show.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("preprocess", "train", "evaluate", "export")
PROCESSORS = ("Haswell-v4", "EPYC-Rome")
NETWORKS = ("mlp", "knn")


def run(network: str, emulator: list[str]) -> dict[str, str]:
    """Run the four stages in a copy of the project and return the digest of each file they write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / ".dvc", folder / ".dvc", ignore=shutil.ignore_patterns("cache", "tmp"))
        shutil.copytree(ROOT / "data/sample", folder / "data/sample")
        params = (ROOT / "params.yaml").read_text().replace("network: mlp", f"network: {network}")
        (folder / "params.yaml").write_text(params)
        subprocess.run("git init -q && git commit -q --allow-empty -m start", shell=True, cwd=folder, check=True)
        for stage in STAGES:
            command = [*emulator, sys.executable, str(ROOT / "stages" / f"{stage}.py")]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
        paths = [path for place in ("data/store", "models", "reports") for path in (folder / place).rglob("*")]
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(paths)
            if path.is_file()
        }


def main() -> None:
    """Compare, print a line for each network and processor, and fail on a difference."""
    emulator = shutil.which("qemu-x86_64")
    if emulator is None:
        sys.exit("error: qemu-x86_64: not found; expected the package qemu-user")
    failed = False
    for network in NETWORKS:
        here = run(network, [])
        for processor in PROCESSORS:
            there = run(network, [emulator, "-cpu", processor])
            different = [name for name in here if here[name] != there.get(name)]
            failed = failed or bool(different)
            print(
                f"{network} on {processor}: {len(here)} files, different: {', '.join(different) or 'none'}", flush=True
            )
    sys.exit(failed)


if __name__ == "__main__":
    main()
