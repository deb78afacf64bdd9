"""The files under .github, read as GitHub reads them."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yaml"))
ACTIONS = sorted((GITHUB / "actions").glob("*/action.yml"))
needs_bash = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("bash") is None,
    reason="the jobs run on Ubuntu, and their lines call its bash and its programs",
)

_WITH_A_VERB = {"reprise", "dvc", "gto", "make", "pip"}


def load(path: Path) -> dict[str, Any]:
    # YAML 1.1 takes the key `on` for a boolean.
    return {"on" if key is True else key: value for key, value in yaml.safe_load(path.read_text()).items()}


def workflow(name: str) -> dict[str, Any]:
    return load(GITHUB / "workflows" / f"{name}.yaml")


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every step of workflows and actions, with the name of its file."""
    for path in WORKFLOWS:
        for job in load(path)["jobs"].values():
            yield from ((path.name, step) for step in job["steps"])
    for path in ACTIONS:
        yield from ((path.parent.name, step) for step in load(path)["runs"]["steps"])


def lines(name: str, job: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A job and those of its steps that run lines, but for those which need Google Cloud."""
    found = workflow(name)["jobs"][job]
    return found, [step for step in found["steps"] if "run" in step and step.get("if") != "env.GOOGLE == 'true'"]


def called(script: str) -> set[str]:
    """The commands of a script: what follows a start, a pipe, a bracket or one of && || ; and is no assignment."""
    text = re.sub(r"\\\n\s*", " ", script)
    text = re.sub(r"'[^']*'", "''", text)
    found = set()
    for part in re.split(r"\n|\|\|?|&&|;|\$\(|(?<![(\w])\((?!\()|\{(?= |\n)|\bthen\b", text):
        words = part.split()
        while words and re.match(r"\w+=(?!\S*\$\()|[!{]$", words[0]):
            words = words[1:]
        if words and re.match(r"[a-z][\w./-]*$", words[0]):
            found.add(" ".join(words[:2]) if words[0] in _WITH_A_VERB else words[0])
    return found - {"fi"}
