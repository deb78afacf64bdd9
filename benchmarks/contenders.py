"""The servers that are compared, how each is installed and started, and the settings that are tried."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from running import free_port

SERVERS = Path(__file__).with_name("servers")
CORES = str(len(os.sched_getaffinity(0)))
JSON, JPEG = "application/json", "image/jpeg"
# The same for all: what decodes and runs the model, and what uvicorn is fastest with.
COMMON = tuple(f"{name}=={version(name)}" for name in ("onnxruntime", "numpy", "pillow", "httptools"))

Settings = Mapping[str, str]


class Contender(NamedTuple):
    """A server: its `packages` beside ours where it has an environment of its own, and how it starts.

    `command` makes the arguments from the folder of the programs, the port and the modality; `tabular` and `image`
    are the settings that are tried.
    """

    name: str
    packages: tuple[str, ...]
    command: Callable[[Path, str, str], list[str]]
    tabular: tuple[Settings, ...] = ({},)
    image: tuple[Settings, ...] = ({},)
    picture: str = JSON

    def content_type(self, modality: str) -> str:
        """Return how it is asked."""
        return self.picture if modality == "image" else JSON

    def settings(self, modality: str) -> tuple[Settings, ...]:
        """Return what is tried."""
        return self.tabular if modality == "tabular" else self.image

    def environment(self, chosen: Settings, bundle: Path, port: str, folder: Path) -> dict[str, str]:
        """Return the variables that it starts with; what it writes goes below `folder`."""
        return {
            "BUNDLE": str(bundle),
            "PYTHONPATH": str(SERVERS),
            "PORT": port,
            "REPRISE_BUNDLE": str(bundle),
            "REPRISE_LOG": str(folder / "log"),
            "BENTOML_DO_NOT_TRACK": "True",
            "BENTOML_HOME": str(folder / "bentoml"),
            **{f"MLSERVER_{kind}_PORT": str(free_port()) for kind in ("GRPC", "METRICS")},
            "MLSERVER_HOST": "127.0.0.1",
            "MLSERVER_HTTP_PORT": port,
            "MLSERVER_DEBUG": "false",
            "MLSERVER_MODEL_NAME": "model",
            "MLSERVER_MODEL_IMPLEMENTATION": "ml.Runtime",
            "MLSERVER_PARALLEL_WORKERS": chosen.get("WORKERS", "0"),
            **chosen,
        }


def _ours(programs: Path, _: str, __: str) -> list[str]:
    return [str(programs / "reprise"), "serve"]


def _nothing(programs: Path, port: str, _: str) -> list[str]:
    uvicorn = [str(programs / "uvicorn"), "nothing:app", "--app-dir", str(SERVERS)]
    return [*uvicorn, "--port", port, "--log-level", "warning", "--no-access-log"]


def _lit(programs: Path, port: str, _: str) -> list[str]:
    return [str(programs / "python"), str(SERVERS / "lit.py"), port]


def _bento(programs: Path, port: str, modality: str) -> list[str]:
    service = "bento:Rows" if modality == "tabular" else "bento:Pictures"
    where = ["--working-dir", str(SERVERS), "--host", "127.0.0.1", "--port", port]
    return [str(programs / "bentoml"), "serve", service, *where]


def _ml(programs: Path, _: str, __: str) -> list[str]:
    return [str(programs / "mlserver"), "start", "."]


OURS = Contender("Reprise", (), _ours)
NOTHING = Contender("FastAPI doing nothing", (), _nothing)
LITSERVE = Contender(
    "LitServe",
    ("litserve==0.2.19", f"uvloop=={version('uvloop')}", *COMMON),
    _lit,
    ({"WORKERS": "1"}, {"WORKERS": CORES}, {"WORKERS": CORES, "QUEUE": "zmq"}),
    ({"WORKERS": CORES}, {"WORKERS": CORES, "QUEUE": "zmq"}),
)
BENTOML = Contender(
    "BentoML",
    ("bentoml==1.4.39", f"uvloop=={version('uvloop')}", *COMMON),
    _bento,
    ({"WORKERS": "1"}, {"WORKERS": CORES}),
    ({"THREADS": CORES}, {"WORKERS": CORES}),
    JPEG,
)
MLSERVER = Contender(
    "MLServer",
    # Its workers ask for an event loop where newer ones have none.
    ("mlserver==1.7.1", "uvloop==0.21.0", *COMMON),
    _ml,
    ({"WORKERS": "0"}, {"WORKERS": CORES}),
    ({"WORKERS": "0"}, {"WORKERS": CORES}),
)
CONTENDERS = (OURS, NOTHING, LITSERVE, BENTOML, MLSERVER)


def install(contender: Contender, environments: Path) -> Path:
    """Return where the programs of a contender lie, in an environment that is made if it is missing.

    Raises `RuntimeError` where pip fails.
    """
    if not contender.packages:
        return Path(sys.executable).parent
    folder = environments / contender.name
    if not folder.exists():
        venv.create(folder, with_pip=True)
    command = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", *contender.packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pip: {done.stderr.strip().splitlines()[-1]}")
    return folder / "bin"
