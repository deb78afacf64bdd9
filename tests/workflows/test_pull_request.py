"""What cml.yaml does for a pull request, line by line, in a clone with an origin.

The stages are one that takes no time: what they do is tested where they are, and here what is compared with what.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from workflows.machine import Machine
from workflows.reading import lines, needs_bash

pytestmark = [pytest.mark.long, needs_bash]

STAGE = """import json, pathlib, yaml
params = yaml.safe_load(pathlib.Path("params.yaml").read_text())
assert params["task"] == "wine" or params["data"] == "sample"
good = {"wine": 0.9, "hotdog": 0.8}[params["task"]] - (0.25 if params["lr"] < 1e-4 else 0)
metrics = {"accuracy": good, "macro_f1": good, "corrupted_accuracy": good, "log_loss": 1 - good}
folder = pathlib.Path("reports/evaluate")
folder.mkdir(parents=True, exist_ok=True)
(folder / "metrics.json").write_text(json.dumps(metrics))
"""
PIPELINE = {
    "stages": {
        "evaluate": {
            "cmd": "python evaluate.py",
            "deps": ["evaluate.py"],
            "params": ["task", "data", "lr"],
            "outs": [{"reports/evaluate": {"cache": False}}],
        }
    },
    "metrics": ["reports/evaluate/metrics.json"],
}


class Author:
    """Who makes the pull request: a project whose data are raw, and its origin."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        shutil.copytree(ROOT / ".dvc", folder / ".dvc", ignore=shutil.ignore_patterns("cache", "tmp"))
        (folder / "evaluate.py").write_text(STAGE)
        (folder / "dvc.yaml").write_text(yaml.safe_dump(PIPELINE))
        text = (ROOT / "params.yaml").read_text().replace("\ndata: sample", "\ndata: raw")
        (folder / "params.yaml").write_text(text)
        self("git init -q -b main && git init -q --bare -b main ../origin && git remote add origin ../origin")
        self("dvc repro -q && git add -A && git commit -q -m base && git push -q origin main")

    def __call__(self, command: str) -> str:
        person = {
            f"GIT_{role}_{what}": "test@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        environment = Machine(self.folder, self.folder.parent / "author-machine", **person).environment
        done = subprocess.run(
            command, shell=True, cwd=self.folder, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine with what GitHub checks out: the commit of the merge of a change that learns too slowly to be of use.

    Its author ran nothing; and main has gone on since.
    """
    place = tmp_path_factory.mktemp("pull request")
    author = Author(place / "author")
    params = author.folder / "params.yaml"
    assert "\nlr: 0.003\n" in params.read_text()
    author("git checkout -q -b change")
    params.write_text(params.read_text().replace("\nlr: 0.003\n", "\nlr: 0.000001\n"))
    author("git commit -q -a -m change && git checkout -q main && git commit -q --allow-empty -m other")
    author(
        "git push -q origin main && git merge -q --no-ff -m merge change && git push -q origin main:refs/pull/1/merge"
    )
    author(f"git clone -q '{place}/origin' ../work")
    author("cd ../work && git fetch -q origin refs/pull/1/merge && git checkout -q --detach FETCH_HEAD")
    commit = author("git rev-parse HEAD")
    return Machine(place / "work", place / "machine", BASE="origin/main", GITHUB_SHA=commit)


def test_the_chosen_task_gets_a_report_and_the_gate_is_broken(machine: Machine) -> None:
    job, (repro, report) = lines("cml", "report")
    assert "Running stage 'evaluate'" in machine.step(repro, job, {})
    machine.step(report, job, {})
    text = (machine.folder / "report.md").read_text()
    assert machine.read("STEP_SUMMARY") == text
    assert text.startswith("## wine: what changes")
    assert re.search(r"lr.*\| 0\.003 \| (1e-06|0\.000001)", text)

    job, (again, gate, results) = lines("cml", "gate")
    assert "up to date" in machine.step(again, job, {})
    assert "| 0.9 | 0.65 |" in machine.step(gate, job, {}, status=1)
    assert "| 0.9 | 0.65 |" in machine.read("STEP_SUMMARY").removeprefix(text)

    # The author has run nothing: what was judged is not what would be merged.
    (machine.folder / "reports/evaluate/more.json").write_text("{}\n")
    told = machine.step(results, job, {}, status=1)
    assert re.findall(r"^ (\S+) +\|", told, flags=re.MULTILINE) == [
        "dvc.lock",
        "reports/evaluate/metrics.json",
        "reports/evaluate/more.json",
    ]
    assert "::error::other results than those committed" in told
    person = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    for command in (
        ["reset", "--hard", "--quiet"],
        ["apply", "results.patch"],
        ["add", "dvc.lock", "reports"],
        [*person, "commit", "--quiet", "--message", "results"],
    ):
        subprocess.run(["git", *command], cwd=machine.folder, check=True)
    assert machine.step(results, job, {}) == ""


def test_another_task_gets_a_line_with_before_and_after(machine: Machine) -> None:
    job, (before, after, line) = lines("cml", "task")
    ran = "steps.before.outcome == 'success' && 'before' || env.BASE"
    given = {"matrix.task": "hotdog", ran: "before"}
    for step in (before, after, line):
        machine.step(step, job, given)
    assert re.match(r"- ❌ \*\*hotdog\*\*: accuracy 0\.55 \(.0\.25", (machine.folder / "line-hotdog.md").read_text())
    # Where the run before has failed, there is nothing to compare with.
    machine.step(line, job, given | {ran: "origin/main"})
    assert re.match(r"- . \*\*hotdog\*\*: accuracy 0\.55;", (machine.folder / "line-hotdog.md").read_text())
