"""An emulated bucket, a network before it, and repositories whose remote lies behind them."""

import base64
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from emulator import google_storage
from platforms import remove

from .network import Network, network_before

BUCKET = "reprise-storage"
IMPATIENT = Path(__file__).with_name("impatient.py")
MAKE = """
import pathlib, random
count = int(pathlib.Path("params.yaml").read_text().split()[1])
folder = pathlib.Path("made")
folder.mkdir()
source = random.Random(0)
for number in range(count):
    (folder / str(number)).write_bytes(source.randbytes(1000))
"""
PIPELINE = """
stages:
  make:
    cmd: python make.py
    deps: [make.py]
    params: [n]
    outs: [made]
"""


def environment(folder: Path) -> dict[str, str]:
    """Return an environment without credentials, proxies and places that tests would share."""
    unwanted = ("GOOGLE_", "CLOUDSDK_", "STORAGE_EMULATOR_", "DVC_", "GIT_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(unwanted) and not name.lower().endswith("_proxy")
    }
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),  # no gcloud log-in, no git configuration
        "DVC_NO_ANALYTICS": "1",
        "GIT_CONFIG_NOSYSTEM": "1",  # in which Git for Windows has another end of lines
        "DVC_SITE_CACHE_DIR": str(folder / "site"),
        "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",  # asks what the emulator does not know
        "GCSFS_DEBUG": "CRITICAL",
        "NO_GCE_CHECK": "true",
        "GIT_AUTHOR_NAME": "test",
        "GIT_AUTHOR_EMAIL": "test@example.com",
        "GIT_COMMITTER_NAME": "test",
        "GIT_COMMITTER_EMAIL": "test@example.com",
    }


class Repository:
    """A folder in which people type commands."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.environment = environment(home)

    def start(self, command: str, **options) -> subprocess.Popen[str]:
        words = command.split()
        if words[0] == "impatient":
            words[:1] = [sys.executable, str(IMPATIENT)]
        elif words[0] == "dvc":
            words[:1] = [sys.executable, "-m", "dvc"]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            words, cwd=self.folder, env=self.environment, stdout=pipe, stderr=pipe, text=True, **options
        )

    def __call__(self, command: str, status: int = 0) -> str:
        """Run a command and return what it prints."""
        process = self.start(command)
        out, err = process.communicate(timeout=300)
        assert process.returncode == status, f"{command}: {process.returncode}\n{out}\n{err}"
        return out + err

    def use(self, network: Network, folder: str, bucket: str = BUCKET) -> None:
        """Put the remote into this folder of the bucket, behind this network."""
        lines = ["[core]", "remote = storage", "analytics = false", "['remote \"storage\"']"]
        lines += [f"url = gs://{bucket}/{folder}", f"endpointurl = {network.url}", "allow_anonymous_login = true"]
        (self.folder / ".dvc/config.local").write_text("\n".join(lines) + "\n")

    def files(self, *places: str) -> dict[str, bytes]:
        """Return the files under these places, temporary ones included."""
        paths = [path for place in places for path in sorted((self.folder / place).rglob("*")) if path.is_file()]
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths}

    def forget(self) -> None:
        """Remove what a clone has not."""
        for name in ("made", ".dvc/cache"):
            remove(self.folder / name)


@pytest.fixture(scope="session")
def emulator() -> Iterator[str]:
    """The URL of an emulated Google Storage with one bucket."""
    with google_storage(BUCKET) as url:
        yield url


@pytest.fixture
def network(emulator: str) -> Iterator[Network]:
    with network_before(emulator) as network:
        yield network


def objects(emulator: str, folder: str) -> dict[str, str]:
    """Return the MD5 of every object in this folder of the bucket, by name."""
    with urllib.request.urlopen(f"{emulator}/storage/v1/b/{BUCKET}/o?prefix={folder}/") as answer:
        found = json.load(answer).get("items", [])
    return {item["name"].removeprefix(f"{folder}/"): base64.b64decode(item["md5Hash"]).hex() for item in found}


def hashes(emulator: str, folder: str) -> set[str]:
    """Return the names of the objects that DVC keeps by content, each compared with its content."""
    found = set()
    for name, md5 in objects(emulator, folder).items():
        if name.startswith("files/md5/"):
            assert name.removeprefix("files/md5/").replace("/", "").removesuffix(".dir") == md5
            found.add(name)
    return found


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository with one stage, run, that makes a folder of three files; not to be written to."""
    home = tmp_path_factory.mktemp("pipeline")
    made = Repository(home / "repository", home)
    made.folder.mkdir()
    (made.folder / "params.yaml").write_text("n: 3\n")
    (made.folder / "make.py").write_text(MAKE)
    (made.folder / "dvc.yaml").write_text(PIPELINE)
    for command in ("git init -q -b main", "dvc init -q", "dvc repro", "git add -A", "git commit -q -m state"):
        made(command)
    return made


@pytest.fixture
def mine(pipeline: Repository, network: Network, tmp_path: Path) -> Repository:
    """A copy of the repository with a remote of its own: a folder of the bucket, with the name of the test's folder."""
    shutil.copytree(pipeline.folder, tmp_path / "mine")
    mine = Repository(tmp_path / "mine", tmp_path)
    mine.use(network, tmp_path.name)
    return mine
