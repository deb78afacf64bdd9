"""What the tests share: a project folder in which stages run, inside this process or as DVC runs them."""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from reprise import arithmetic

# Two test processes on two cores: threads that wait must not spin, nor those of the stages that tests start.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
arithmetic.fix()  # before numpy and torch load, as in a stage
# Git for Windows gives every line another end, unless it is told not to: DVC would find other bytes.
os.environ |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.autocrlf", "GIT_CONFIG_VALUE_0": "false"}

import pytest  # noqa: E402
import yaml  # noqa: E402
from filelock import FileLock  # noqa: E402
from platforms import hears_ctrl_c  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("preprocess", "train", "evaluate", "export")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that have long tests, so that no process is left with one of them at the end."""
    long = {item.path for item in items if item.get_closest_marker("long")}
    items.sort(key=lambda item: item.path not in long)


def load_stage(name: str) -> ModuleType:
    """Load a stage script as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "stages" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(ROOT / "stages"))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / "stages"))
    return module


def change_params(path: Path, changes: Mapping[str, object]) -> None:
    """Change parameters by dotted name, with __ for the dots."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, value in changes.items():
        *blocks, key = name.split("__")
        place = content
        for block in blocks:
            place = place[block]
        place[key] = value
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


class Project:
    """A folder with params.yaml and data in which the stages run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def set(self, **changes: Any) -> None:
        """Change parameters by dotted name, with __ for the dots; None for `remove` is a null."""
        change_params(self.folder / "params.yaml", changes)

    def run(self, *stages: str) -> None:
        """Run stages inside this process, as DVC would call them, from this folder."""
        start = load_stage("_start")
        for name in stages:
            start.run(getattr(load_stage(name), name))

    def start(self, stage: str, **environment: str) -> subprocess.Popen[str]:
        """Start a stage as DVC does."""
        return subprocess.Popen(
            [sys.executable, str(ROOT / "stages" / f"{stage}.py")],
            cwd=self.folder,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **hears_ctrl_c(),
        )

    def files(self, *places: str) -> dict[str, bytes]:
        """Return the content of every file under these places."""
        found = {}
        for place in places or ("data/store", "models", "reports"):
            for path in sorted((self.folder / place).rglob("*")):
                if path.is_file():
                    found[path.relative_to(self.folder).as_posix()] = path.read_bytes()
        return found


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample data of wine, made once."""
    folder = tmp_path_factory.mktemp("sample")
    from reprise.samples import wine

    wine.make(folder)
    return folder


@pytest.fixture
def project(tmp_path: Path, sample: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A new project folder with the committed parameters and the wine sample; the current folder, too."""
    shutil.copytree(sample, tmp_path / "data/sample/wine")
    fill(tmp_path)
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Project:
    """A project in which all four stages have run; not to be written to."""
    folder = _shared(tmp_path_factory) / "finished"
    with FileLock(f"{folder}.lock"):
        if not (folder / "models/bundle").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(sample, folder / "data/sample/wine")
            fill(folder)
            with contextlib.chdir(folder):
                Project(folder).run(*STAGES)
    return Project(folder)


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that all test processes have in common."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


# What makes each task small enough to train in seconds.
SMALL: dict[str, dict[str, Any]] = {
    "hotdog": {"model__width": 8},
    "species": {"model__width": 8, "model__network": "resnet18"},
    "accident": {"model__width": 8},
    "geometry": {
        "train__seeds": [3, 5],
        "model__hidden": [64, 32],
        "export__quantize": "int8",
        "export__max_drop": 100,
    },
    "wine": {},
}


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Project]:
    """Give the project of a task in which a small network was trained for one epoch; not to be written to.

    It is made once for all test processes: they have one folder in common, and take turns.
    """
    shared = _shared(tmp_path_factory)

    def project_of(name: str) -> Project:
        folder = shared / f"trained-{name}"
        with FileLock(f"{folder}.lock"):
            if not (folder / "models/bundle").exists():
                shutil.rmtree(folder, ignore_errors=True)
                _train(folder, name)
        return Project(folder)

    return project_of


def _train(folder: Path, name: str) -> None:
    sample = folder / "data/sample" / name
    sample.mkdir(parents=True)
    importlib.import_module(f"reprise.samples.{name}").make(sample)
    fill(folder)
    project = Project(folder)
    changes = {f"tasks__{name}__{key}": value for key, value in SMALL[name].items()}
    project.set(task=name, **{f"tasks__{name}__train__epochs": 1}, **changes)
    with contextlib.chdir(folder):
        project.run(*STAGES)


@pytest.fixture
def done(tmp_path: Path, finished: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of the finished project; the current folder, too."""
    shutil.copytree(finished.folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


def fill(folder: Path) -> None:
    """Put the committed parameters and an empty repository into a folder."""
    shutil.copy(ROOT / "params.yaml", folder)
    # DVCLive looks for a DVC repository, and would make one.
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    shutil.copytree(ROOT / ".dvc", folder / ".dvc", ignore=shutil.ignore_patterns("cache", "tmp"))
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    subprocess.run(["git", *identity, "commit", "-q", "--allow-empty", "-m", "start"], cwd=folder, check=True)
