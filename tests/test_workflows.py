"""The workflows on GitHub: linted, and held to what they call, to the project and to their documentation."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT
from workflows.reading import ACTIONS, GITHUB, WORKFLOWS, called, load, needs_bash, steps, workflow

DOCUMENT = ROOT / "docs" / "github.md"

# What a line may call, and where that is tested. Of git, gh, cml, gcloud, docker and yq it is here how they are called.
CALLED = {
    "reprise check": "tests/test_cli.py",
    "reprise report": "tests/report",
    "reprise gate": "tests/report",
    "reprise promote": "tests/promotion",
    "dvc repro": "tests/test_pipeline.py",
    "dvc exp": "tests/test_pipeline.py",
    "dvc pull": "tests/remote",
    "dvc push": "tests/remote",
    "dvc remote": "tests/remote",
    "gto check-ref": "tests/workflows",
    "make test": "Makefile",
    "make lock": "Makefile",
    "pip install": "README.md",
    "deploy/render.sh": "deploy/render.sh",
    **dict.fromkeys(("cml", "docker", "gcloud", "gh", "git", "yq"), "tests/workflows"),
}
# Bash's own words, and programs that move text about.
SHELL = {
    "base64",
    "cat",
    "echo",
    "exit",
    "export",
    "grep",
    "head",
    "if",
    "jq",
    "printf",
    "read",
    "shopt",
    "tee",
    "xargs",
}
RUNS = [(name, step["run"]) for name, step in steps() if "run" in step]


def outcome(*command: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / command[0]
    return subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)


def test_zizmor_finds_nothing() -> None:
    found = outcome("zizmor", "--offline", "--persona=auditor", "--strict-collection", ".github")
    assert found.returncode == 0, found.stdout
    assert "No findings to report" in found.stdout


def test_what_zizmor_is_told_to_ignore_is_this_and_no_more() -> None:
    told = [
        (path.name, *match)
        for path in [*WORKFLOWS, *ACTIONS]
        for match in re.findall(r"^[ -]*(.*?) *# zizmor: ignore\[([\w-]+)\]", path.read_text(), flags=re.MULTILINE)
    ]
    machine = 'runs-on: ["self-hosted", "reprise-${{ github.run_id }}-${{ github.run_attempt }}"]'
    assert told == [
        ("comment.yaml", "workflow_run:", "dangerous-triggers"),
        ("comment.yaml", "uses: iterative/setup-cml@v3", "unpinned-uses"),
        ("runner.yaml", "uses: iterative/setup-cml@v3", "unpinned-uses"),
        ("runner.yaml", machine, "self-hosted-runner"),
    ]


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("custom.github-workflows-require-timeout", WORKFLOWS),
        ("vendor.github-actions", ACTIONS),
        ("vendor.dependabot", [GITHUB / "dependabot.yml"]),
    ],
)
def test_files_are_as_github_publishes_their_schema(schema: str, files: list[Path]) -> None:
    found = outcome("check-jsonschema", "--builtin-schema", schema, *map(str, files))
    assert found.returncode == 0, found.stdout


def test_every_action_is_pinned_by_hash_with_its_version_beside_it() -> None:
    hashes: dict[str, set[str]] = {}
    for path in [*WORKFLOWS, *ACTIONS]:
        for line in re.findall(r"uses: (.*)", path.read_text()):
            if line.startswith(("$/.github/actions/setup", "iterative/setup-cml@v3 # zizmor: ignore[unpinned-uses]")):
                continue
            found = re.fullmatch(r"([\w-]+/[\w-]+)@([0-9a-f]{40} # v\d+\.\d+\.\d+)", line)
            assert found, f"{path.name}: {line}"
            hashes.setdefault(found[1], set()).add(found[2])
    assert {name for name, known in hashes.items() if len(known) > 1} == set()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_workflow_has_rights_that_its_jobs_do_not_name(path: Path) -> None:
    content = load(path)
    assert content["permissions"] == {}
    assert "pull_request_target" not in content["on"]
    for job in content["jobs"].values():
        assert "permissions" in job
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_what_may_write_comments_runs_nothing_of_a_pull_request() -> None:
    (job,) = workflow("comment")["jobs"].values()
    assert job["permissions"] == {"actions": "read", "pull-requests": "write"}
    used = [step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step]
    assert used == ["actions/download-artifact", "iterative/setup-cml"]
    assert job["steps"][-2]["with"] == {"version": "v0.20.6", "vega": False}
    commands = {command for step in job["steps"] for command in called(step.get("run", ""))}
    assert commands == {"cat", "cml", "echo", "gh", "head"} - {"cat"}
    assert "--publish=false" in job["steps"][-1]["run"]


@needs_bash
@pytest.mark.parametrize(("name", "script"), RUNS)
def test_every_line_calls_what_is_tested(name: str, script: str) -> None:
    assert "${{" not in script, "values come by the environment, where a shell does not read them as commands"
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    commands = called(script)
    assert commands, script
    assert commands - SHELL <= set(CALLED), name
    assert all((ROOT / CALLED[command]).exists() for command in commands - SHELL)


def test_commands_of_ours_have_the_options_that_are_asked_for() -> None:
    asked: dict[str, set[str]] = {}
    for _, script in RUNS:
        for verb, rest in re.findall(r"\breprise ([a-z]+)([^|;\n]*)", script):
            asked.setdefault(verb, set()).update(re.findall(r"--[a-z-]+", rest))
    assert set(asked) >= {"check", "gate", "promote", "report"}
    for verb, options in asked.items():
        assert options <= set(re.findall(r"--[a-z-]+", outcome("reprise", verb, "--help").stdout)), verb


def test_the_pythons_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    first, last = map(int, re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"]).groups())
    strategy = workflow("tests")["jobs"]["test"]["strategy"]
    assert strategy["matrix"]["python"] == [f"3.{minor}" for minor in range(first, last)]
    assert {system.partition("-")[0] for system in strategy["matrix"]["os"]} == {"ubuntu", "macos", "windows"}
    image = re.search(r"FROM python:(3\.\d+)", (ROOT / "Dockerfile").read_text())
    setup = load(GITHUB / "actions" / "setup" / "action.yml")
    assert setup["inputs"]["python-version"]["default"] == image[1]
    assert setup["inputs"]["extra"]["default"] in project["optional-dependencies"]


def test_the_tests_workflow_runs_make_test_and_nothing_else() -> None:
    (job,) = workflow("tests")["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == ["make test"]


def test_the_tasks_are_those_with_embedded_samples_but_the_chosen_one() -> None:
    job = workflow("cml")["jobs"]["task"]
    matrix = job["strategy"]["matrix"]
    assert sorted(matrix["task"]) == sorted(path.stem for path in (ROOT / "src/reprise/samples").glob("[a-z]*.py"))
    assert (job["needs"], matrix["exclude"]) == ("chosen", [{"task": "${{ needs.chosen.outputs.task }}"}])


def test_reviewers_are_asked_once_and_before_any_money_is_spent() -> None:
    jobs = workflow("runner")["jobs"]
    assert {name: job["environment"] for name, job in jobs.items()} == {
        "launch": "gpu",
        "experiment": "gpu-run",
        "teardown": "gpu-run",
    }
    trains = re.search(r'"attribute.trains".*', (ROOT / "deploy/terraform/github.tf").read_text())[0]
    assert set(re.findall(r"assertion.environment == '([\w-]+)'", trains)) == {
        job["environment"] for job in jobs.values()
    }


def test_releases_wait_for_those_of_their_stage_alone_and_none_is_dropped() -> None:
    content = workflow("registry")
    assert content["concurrency"]["group"] == "${{ github.workflow }}-${{ github.ref }}"
    release = content["jobs"]["release"]["concurrency"]
    assert (release["queue"], release["cancel-in-progress"]) == ("max", False)
    assert "'prod'" in release["group"]
    assert "'staging'" in release["group"]
    assert release["group"].endswith("|| github.ref_name }}")


def test_everything_that_has_to_be_set_is_documented() -> None:
    text = "".join(path.read_text() for path in WORKFLOWS)
    used = set(re.findall(r"(?:vars|secrets)\.(\w+)", text))
    environments = {
        job["environment"] for path in WORKFLOWS for job in load(path)["jobs"].values() if "environment" in job
    }
    document = DOCUMENT.read_text()
    assert set(re.findall(r"^\| `([A-Z_]+)`", document, flags=re.MULTILINE)) == used
    for name in environments | {path.name for path in WORKFLOWS}:
        assert f"`{name}`" in document


@pytest.mark.parametrize(
    ("tag", "starts"),
    [
        ("model@v1.2.0", True),
        ("model@v1.2.0-rc.1", True),
        ("model#staging#1", True),
        ("model#prod#2", True),
        ("model@v1.2.0!", False),
        ("model#prod!#3", False),
        ("model#dev#1", False),
        ("model@deprecated", False),
        ("v1.2.0", False),
    ],
)
def test_the_tags_that_start_the_registry(tag: str, starts: bool) -> None:
    # As GitHub reads filters: the last one that fits decides, ! takes away, * is anything but a slash.
    decided = False
    for given in workflow("registry")["on"]["push"]["tags"]:
        pattern = re.escape(given.removeprefix("!")).replace(r"\*", "[^/]*")
        if re.fullmatch(pattern, tag):
            decided = not given.startswith("!")
    assert decided == starts
