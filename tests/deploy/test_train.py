"""The script that training jobs run, in a small project of its own with a local git server and DVC remote."""

import base64
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from .discovery import DEPLOY

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform == "win32", reason="jobs run on Linux, and the script is one of bash"),
]

PARAMS = "task: mine\nlr: 0.1\n"
PIPELINE = """
stages:
  preprocess:
    cmd: mkdir -p store && cp data/raw/${task}/* store/
    deps:
      - data/raw/${task}
    outs:
      - store
  train:
    cmd:
      - grep -q '^lr. [0-9]' params.yaml
      - cat store/* params.yaml > weights
      - mkdir -p reports && wc -c < weights > reports/size
    deps:
      - store
    params:
      - lr
    outs:
      - weights
      - reports:
          cache: false
"""


class Home:
    """Where everything is kept: a bare repository, a DVC remote, and a folder for what is temporary."""

    def __init__(self, folder: Path) -> None:
        self.origin, self.remote, self.temporary = folder / "origin.git", folder / "remote", folder / "tmp"
        self.temporary.mkdir(parents=True)
        self.remote.mkdir()
        (folder / "home").mkdir()
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder / "home"),
            "TMPDIR": str(self.temporary),
            "DVC_NO_ANALYTICS": "1",
            "GIT_URL": str(self.origin),
            "DVC_REMOTE_URL": str(self.remote),
            "BRANCH": "experiment/one",
        }

    def run(self, *command: str | Path, status: int = 0, cwd: Path | None = None, **environment: str) -> str:
        """Run a command and return what it prints."""
        found = subprocess.run(
            command, cwd=cwd, env=self.environment | environment, capture_output=True, text=True, check=False
        )
        assert found.returncode == status, found.stdout + found.stderr
        return found.stdout + found.stderr

    def train(self, *arguments: str, status: int = 0, **environment: str) -> str:
        return self.run("bash", DEPLOY / "train.sh", *arguments, status=status, **environment)

    def show(self, path: str, branch: str = "experiment/one") -> str:
        return self.run("git", "--git-dir", self.origin, "show", f"{branch}:{path}")

    def branches(self) -> list[str]:
        return self.run("git", "--git-dir", self.origin, "branch", "--format=%(refname:short)").split()

    def objects(self) -> set[str]:
        """The hashes of what the remote has."""
        return {"".join(path.parts[-2:]) for path in self.remote.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a first commit on main, whose raw data are in the remote alone."""
    folder = tmp_path_factory.mktemp("home")
    home = Home(folder)
    work = folder / "work"
    for name in ("mine", "other"):
        (work / "data/raw" / name).mkdir(parents=True)
        (work / "data/raw" / name / "table.csv").write_text(f"{name}\n")
    (work / "params.yaml").write_text(PARAMS)
    (work / "dvc.yaml").write_text(PIPELINE)
    (work / ".dvc").mkdir()
    (work / ".dvc/.gitignore").write_text("/config.local\n/tmp\n/cache\n")
    (work / ".dvc/config").write_text("['remote \"storage\"']\n    url = gs://nowhere/dvc\n")
    (work / ".dvc/config.local").write_text(f"['remote \"storage\"']\n    url = {home.remote}\n")
    identity = "-c user.name=test -c user.email=test@example.com"
    for line in (
        "git init -q -b main",
        "dvc add -q data/raw/mine data/raw/other",
        "dvc push -q -r storage",
        "git add -A",
        f"git {identity} commit -q -m start",
    ):
        home.run(*line.split(), cwd=work)
    home.run("git", "clone", "-q", "--bare", work, home.origin)
    return home


def test_the_result_comes_back_as_a_branch_and_its_outputs_as_objects(home: Home) -> None:
    before = home.objects()
    told = home.train("-S", "lr=0.2")
    assert "pushed experiment/one" in told
    assert yaml.safe_load(home.show("params.yaml")) == {"task": "mine", "lr": 0.2}
    assert home.show("params.yaml", "main") == PARAMS
    assert int(home.show("reports/size")) == len("mine\n" + home.show("params.yaml"))
    stages = yaml.safe_load(home.show("dvc.lock"))["stages"]
    outs = {out["path"]: out["md5"] for stage in stages.values() for out in stage["outs"]}
    assert {outs["weights"], outs["store"]} <= home.objects()
    assert outs["weights"] not in before
    assert (home.remote / "runs").is_dir()
    # Of the data, what this run needs.
    assert "data/raw/mine.dvc" in told
    assert "data/raw/other" not in told
    log = ("git", "--git-dir", home.origin, "log", "-1", "--format=%an: %s", "experiment/one")
    assert home.run(*log) == "reprise-train: Run dvc exp run -S lr=0.2\n"
    assert list(home.temporary.iterdir()) == []
    # Whoever wants the same branch is told so before the work.
    again = home.train("-S", "lr=0.3", status=1)
    assert again == "error: experiment/one: there is such a branch; expected a name that is free\n"


def test_a_run_that_fails_pushes_nothing(home: Home) -> None:
    before = home.objects(), home.branches(), home.show("params.yaml", "main")
    told = home.train("-S", "lr=fast", status=255, BRANCH="experiment/two", GIT_REF="main")
    assert "failed to reproduce 'train'" in told
    assert (home.objects(), home.branches(), home.show("params.yaml", "main")) == before
    assert list(home.temporary.iterdir()) == []


def test_what_is_missing_is_named(home: Home) -> None:
    assert "GIT_URL: the repository to clone" in home.train(status=1, GIT_URL="")
    assert "CLOUD_RUN_EXECUTION: or BRANCH" in home.train(status=1, BRANCH="")
    unknown = home.train(status=128, BRANCH="", CLOUD_RUN_EXECUTION="reprise-train-x1", GIT_REF="nowhere")
    assert "nowhere" in unknown
    option = home.train(status=128, BRANCH="experiment/three", GIT_REF="--upload-pack=touch hacked;")
    assert "invalid refspec '--upload-pack=touch hacked;'" in option


class Cloud(http.server.BaseHTTPRequestHandler):
    """Google's metadata server, its Secret Manager, and a git server that asks who is there and has nothing."""

    asked: list[tuple[str, str]]
    readable = True

    def do_GET(self) -> None:
        allowed = self.headers.get("Authorization", "")
        self.asked.append((self.path, allowed))
        if self.path.startswith("/computeMetadata/v1/instance/service-accounts/default/token"):
            self._answer(200, {"access_token": "of-google", "expires_in": 3600, "token_type": "Bearer"})
        elif self.path.startswith("/computeMetadata"):
            self._answer(200, {"email": "train@example.com", "scopes": [], "aliases": ["default"]})
        elif self.path == "/v1/projects/p/secrets/s/versions/latest:access":
            read = self.readable and allowed == "Bearer of-google"
            self._answer(200 if read else 403, {"payload": {"data": base64.b64encode(b"token-of-git\n").decode()}})
        elif self.path.startswith("/you/reprise.git"):
            self._answer(404 if allowed else 401, {})
        else:
            self._answer(200, {})

    def _answer(self, status: int, content: object) -> None:
        self.send_response(status)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def cloud(home: Home) -> Iterator[dict[str, str]]:
    """The environment of a job whose cloud is a server here."""
    Cloud.asked, Cloud.readable = [], True
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cloud) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        place = f"127.0.0.1:{server.server_port}"
        yield {
            "GIT_URL": f"http://{place}/you/reprise.git",
            "GIT_TOKEN_SECRET": "projects/p/secrets/s",
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER": f"http://{place}/",
            "GCE_METADATA_HOST": place,
            "GCE_METADATA_IP": place,
            "NO_PROXY": "127.0.0.1",
        }
        server.shutdown()


def test_git_gets_the_token_that_secret_manager_keeps(home: Home, cloud: dict[str, str]) -> None:
    told = home.train(status=128, **cloud)
    given = [allowed for path, allowed in Cloud.asked if path.startswith("/you/reprise.git")]
    assert given[0] == ""
    assert base64.b64decode(given[1].removeprefix("Basic ")) == b"x-access-token:token-of-git"
    assert "token-of-git" not in told + str([path for path, _ in Cloud.asked])


def test_a_secret_that_cannot_be_read_is_told_in_one_line(home: Home, cloud: dict[str, str]) -> None:
    Cloud.readable = False
    told = home.train(status=1, **cloud)
    assert told.startswith("error: projects/p/secrets/s: 403 Client Error")
    assert told.count("\n") == 1
    assert not [path for path, _ in Cloud.asked if path.startswith("/you/reprise.git")]
