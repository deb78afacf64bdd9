"""A machine of GitHub."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FAKE = """#!/usr/bin/env bash
printf '%s\\n' {name} "$@" >> "{log}"
printf -- '--\\n' >> "{log}"
{script}
"""


class Machine:
    """Runs the lines of a job in a folder, with GitHub's files for outputs, variables and the summary beside it.

    It has nothing of the environment of the tests but a path, a home and a language.
    """

    def __init__(self, folder: Path, place: Path, **environment: str) -> None:
        self.folder = folder
        self.place = place
        self.log = place / "calls"
        place.mkdir(exist_ok=True)
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        path = [str(place / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        files = {f"GITHUB_{name}": str(place / name) for name in ("ENV", "OUTPUT", "STEP_SUMMARY")}
        self.environment = {
            **kept,
            "PATH": os.pathsep.join(path),
            "OMP_WAIT_POLICY": "PASSIVE",
            "RUNNER_TEMP": str(place),
            "GITHUB_REPOSITORY": "owner/name",
            "GITHUB_SERVER_URL": "https://github.com",
            **files,
            **environment,
        }

    def fake(self, name: str, script: str = "") -> None:
        """Put a program on the path that writes down how it was called, and then does `script`."""
        program = self.place / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(_FAKE.format(name=name, log=self.log, script=script))
        program.chmod(0o755)

    def calls(self) -> list[list[str]]:
        """Every call of a fake program so far, as words."""
        return [call.split("\n") for call in self.log.read_text().split("\n--\n")[:-1]] if self.log.exists() else []

    def step(self, step: Mapping[str, Any], job: Mapping[str, Any], given: Mapping[str, str], status: int = 0) -> str:
        """Run one step and return what it prints; `given` says what each expression in its environment is."""

        def value(text: object) -> str:
            return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda match: given[match[1]], str(text), flags=re.DOTALL)

        named = {**job.get("env", {}), **step.get("env", {})}
        variables = {name: value(text) for name, text in named.items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, f"{step['run']}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def read(self, name: str) -> str:
        return (self.place / name).read_text()
