"""A repository with versions of a bundle in it: DVC keeps them in a remote that is a folder, gto their tags."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from conftest import ROOT
from dvc.repo import Repo
from gto import api

DVC_YAML = {
    "stages": {"export": {"cmd": "true", "outs": ["models/bundle"]}},
    "artifacts": {"model": {"path": "models/bundle", "type": "model"}},
}
# What every version keeps to, and how little is measured.
LOOSE = {"http": 1.0, "time": 1e6, "p99": 1e6, "rate": 1e-6, "model": 1e6}
LIMITS = {
    "start": 60.0,
    "seconds": 0.05,
    "rounds": 1,
    "connections": 2,
    **dict.fromkeys(("tabular", "image", "audio", "video"), LOOSE),
}
PERSON = {
    "GIT_AUTHOR_NAME": "test",
    "GIT_AUTHOR_EMAIL": "test@example.com",
    "GIT_COMMITTER_NAME": "test",
    "GIT_COMMITTER_EMAIL": "test@example.com",
}
# The same, as gto takes it.
BY = {"author": PERSON["GIT_AUTHOR_NAME"], "author_email": PERSON["GIT_AUTHOR_EMAIL"]}


class Registry:
    """The repository, and what people do in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            **PERSON,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DVC_NO_ANALYTICS": "1",
        }
        (folder / "benchmarks").mkdir(parents=True)
        (folder / "dvc.yaml").write_text(yaml.safe_dump(DVC_YAML))
        shutil.copy(ROOT / "params.yaml", folder)
        self.limit()
        self("git init -q -b main")
        Repo.init(str(folder)).close()

    def __call__(self, command: str, status: int = 0) -> str:
        """Run a command line and return what it prints."""
        done = subprocess.run(
            command, shell=True, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def push_to(self, place: Path) -> None:
        """Have a folder as the default remote."""
        (self.folder / ".dvc/config").write_text(f"[core]\n    remote = box\n['remote \"box\"']\n    url = {place}\n")

    def limit(self, **changes: Any) -> None:
        """Write limits; those of `tabular` are changed one by one."""
        allowed = LOOSE | changes.pop("tabular", {})
        content = LIMITS | {"tabular": allowed} | changes
        (self.folder / "benchmarks/limits.yaml").write_text(yaml.safe_dump(content))

    def add(self, version: str, bundle: Path, change: Callable[[dict[str, Any]], object] | None = None) -> None:
        """Commit a bundle, with another bundle.json where there is a change, and register it as a version."""
        self.commit(bundle, change)
        api.register(str(self.folder), "model", "HEAD", version, **BY)

    def assign(self, version: str, stage: str) -> None:
        """Assign a version to a stage."""
        api.assign(str(self.folder), "model", stage, version, **BY)

    def push(self) -> None:
        """Send every version to the remote."""
        with Repo(str(self.folder)) as repo:
            repo.push(all_tags=True)

    def commit(self, bundle: Path, change: Callable[[dict[str, Any]], object] | None = None) -> None:
        """Commit a bundle."""
        place = self.folder / "models/bundle"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(bundle, place)
        if change is not None:
            card = json.loads((place / "bundle.json").read_text())
            change(card)
            (place / "bundle.json").write_text(json.dumps(card))
        # Inside this process: the command line would import DVC anew.
        with Repo(str(self.folder)) as repo:
            repo.commit(force=True)
        self("git add -A && git commit -qm bundle")

    def state(self) -> dict[str, bytes]:
        """Return what people and git see: the working tree, HEAD, the index, the tags and DVC's settings."""
        seen = {"git": self("git status --porcelain && git rev-parse HEAD && git tag && cat .dvc/config*").encode()}
        for path in sorted(self.folder.rglob("*")):
            parts = path.relative_to(self.folder).parts
            if path.is_file() and parts[0] not in {".git", ".dvc"}:
                seen["/".join(parts)] = path.read_bytes()
        return seen
