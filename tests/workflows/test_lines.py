"""The lines of the workflows, run as GitHub runs them, with programs that write down how they were called."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from workflows.machine import Machine
from workflows.reading import lines, needs_bash

pytestmark = needs_bash
GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@example.com")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "work").mkdir()
    return Machine(tmp_path / "work", tmp_path / "machine")


def test_collect_joins_what_there_is(machine: Machine) -> None:
    job, (step,) = lines("cml", "collect")
    parts = machine.folder / "parts"
    machine.step(step, job, {})
    assert (machine.folder / "comment.md").read_text() == "No report: its job failed.\n"
    parts.mkdir()
    (parts / "report.md").write_text("## wine\n")
    machine.step(step, job, {})
    assert (machine.folder / "comment.md").read_text() == "## wine\n"
    for task in ("species", "hotdog"):
        (parts / f"line-{task}.md").write_text(f"- {task}\n")
    machine.step(step, job, {})
    # The report is the longest, and what is too long is cut at its end.
    assert (machine.folder / "comment.md").read_text() == "### The other tasks\n\n- hotdog\n- species\n\n## wine\n"


@pytest.mark.skipif(shutil.which("yq") is None, reason="reads params.yaml with yq, which GitHub's machines have")
def test_the_chosen_task_is_read_from_params_yaml(machine: Machine) -> None:
    job, (step,) = lines("cml", "chosen")
    machine.step(step, job, {}, status=2)
    (machine.folder / "params.yaml").write_text('tasks: {wine: {}}\ntask: "hotdog" # wine\n')
    machine.step(step, job, {})
    assert machine.read("OUTPUT") == "task=hotdog\n"


PULL = {
    "github.token": "secret",
    "github.event.workflow_run.head_repository.owner.login": "somebody",
    "github.event.workflow_run.head_branch": "a$(touch hacked)`touch hacked`",
    "github.event.workflow_run.head_sha": "1de9943bcfe25fa85f3745214e36d44bf5831f89",
    "github.event.workflow_run.html_url": "https://github.com/owner/name/actions/runs/1",
    "steps.pull.outputs.number": "7",
}


@pytest.mark.skipif(shutil.which("jq") is None, reason="gh reads its answers in the language of jq")
@pytest.mark.parametrize(("answer", "number"), [("1de9943bcfe25fa85f3745214e36d44bf5831f89", "7"), ("0" * 40, "")])
def test_the_number_is_that_of_the_pull_request_with_this_commit(machine: Machine, answer: str, number: str) -> None:
    job, (step, *_) = lines("comment", "comment")
    pulls = f'[{{"number": 7, "head": {{"sha": "{answer}"}}}}]'
    machine.fake("gh", f"""echo '{pulls}' | jq --raw-output "${{@: -1}}" """)
    machine.step(step, job, PULL)
    assert machine.read("OUTPUT") == f"number={number}\n"
    (call,) = machine.calls()
    assert call[:5] == ["gh", "api", "--method", "GET", "repos/owner/name/pulls"]
    assert f"head=somebody:{PULL['github.event.workflow_run.head_branch']}" in call
    assert not (machine.folder / "hacked").exists()


def test_the_comment_is_posted_as_text(machine: Machine) -> None:
    job, (_, cut, post) = lines("comment", "comment")
    artifact = machine.place / "artifact"
    artifact.mkdir()
    (artifact / "comment.md").write_text("| ä | $(touch hacked) |\n" * 10_000)
    machine.step(cut, job, PULL)
    text = (machine.folder / "comment.md").read_bytes().decode(errors="replace")
    assert text.startswith("Written by [a run](https://github.com/owner/name/actions/runs/1) of the code in this pull")
    assert "at 1de9943bcfe2.\n\n| ä | $(touch hacked) |\n" in text
    assert 60_000 < len(text) < 65_536 - 300  # what CML adds
    machine.fake("cml")
    machine.step(post, job, PULL)
    repository, target = "--repo=https://github.com/owner/name", "--target=pr/7"
    options = [repository, target, "--watermark-title=reprise", "--publish=false", "comment.md"]
    assert machine.calls() == [["cml", "comment", "update", *options]]


def test_a_link_in_place_of_the_comment_is_refused(machine: Machine) -> None:
    job, (_, cut, _) = lines("comment", "comment")
    artifact = machine.place / "artifact"
    artifact.mkdir()
    machine.step(cut, job, PULL, status=1)
    (artifact / "comment.md").symlink_to("/proc/self/environ")
    machine.step(cut, job, PULL, status=1)
    assert not (machine.folder / "comment.md").exists()


@pytest.mark.parametrize(
    ("tag", "service", "least"),
    [("model@v1.2.0", None, None), ("model#staging#1", "reprise-staging", "0"), ("model#prod#2", "reprise", "1")],
)
def test_a_version_becomes_an_image_and_a_stage_a_service(
    machine: Machine, tag: str, service: str | None, least: str | None
) -> None:
    for command in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "state"]):
        subprocess.run([*GIT, *command], cwd=machine.folder, check=True)
    for name in {"model@v1.2.0", tag}:
        subprocess.run([*GIT, "tag", "-a", "-m", name, name], cwd=machine.folder, check=True)
    shutil.copytree(ROOT / "deploy", machine.folder / "deploy")
    machine.environment |= {"REF": tag}
    job, (promote, named) = lines("registry", "promote")
    machine.fake("reprise", "echo '| check | passed |'")
    machine.fake("dvc")
    machine.step(promote, job, {})
    machine.step(named, job, {})
    assert machine.read("STEP_SUMMARY") == "| check | passed |\n"
    commit = subprocess.run([*GIT, "rev-parse", "HEAD"], cwd=machine.folder, capture_output=True, text=True, check=True)
    name = f"v1.2.0-{commit.stdout[:12]}"
    assert machine.read("OUTPUT") == f"image={name}\n"
    remote = ["dvc", "remote", "default", "--local", "storage"]
    assert machine.calls() == [remote, ["reprise", "promote", tag, "--out", "promoted"]]

    job, (push, deploy) = lines("registry", "release")
    prod = tag.startswith("model#prod#")
    given = {
        "vars.GCP_PROJECT": "project",
        "vars.GCP_REGION": "region",
        "needs.promote.outputs.image": name,
        "startsWith(github.ref_name, 'model#prod#') && 'reprise' || 'reprise-staging'": ["reprise-staging", "reprise"][
            prod
        ],
        "startsWith(github.ref_name, 'model#prod#') && '1' || '0'": "01"[prod],
    }
    machine.fake("gcloud")
    machine.fake("docker")
    machine.step(push, job, given)
    image = f"region-docker.pkg.dev/project/reprise/serve:{name}"
    images = "region-docker.pkg.dev/project/reprise/serve"
    assert machine.calls()[2:] == [
        ["gcloud", "auth", "configure-docker", "--quiet", "region-docker.pkg.dev"],
        ["gcloud", "artifacts", "docker", "images", "list", images, "--include-tags", "--format", "value(tags)"],
        ["docker", "build", "--tag", image, "."],
        ["docker", "push", image],
    ]
    assert deploy["if"] == "startsWith(github.ref_name, 'model#')"
    if service is None or shutil.which("envsubst") is None:
        return
    machine.step(deploy, job, given)
    where = ["--project", "project", "--region", "region"]
    assert machine.calls()[-1] == ["gcloud", "run", "services", "replace", "service.yaml", *where]
    made = yaml.safe_load((machine.folder / "service.yaml").read_text())
    assert made["metadata"]["name"] == service
    assert made["spec"]["template"]["spec"]["containers"][0]["image"] == image
    assert made["metadata"]["annotations"]["run.googleapis.com/minScale"] == least


@pytest.mark.parametrize(
    ("answer", "built"),
    [
        ("echo 'v1.2.0-1de9943bcfe2, v1.1.0-000000000000'", []),
        ("echo v1.2.0-000000000000", ["build", "push"]),  # of the same number, which was withdrawn
        ("", ["build", "push"]),
        ("exit 1", None),  # no network, no permission
    ],
)
def test_an_image_is_built_where_the_registry_says_that_there_is_none(
    machine: Machine, answer: str, built: list[str] | None
) -> None:
    job, (push, _) = lines("registry", "release")
    given = {
        "vars.GCP_PROJECT": "project",
        "vars.GCP_REGION": "region",
        "needs.promote.outputs.image": "v1.2.0-1de9943bcfe2",
    }
    machine.fake("gcloud", f'[[ "$1" != artifacts ]] || {{ {answer or ":"}; }}')
    machine.fake("docker")
    machine.step(push, job, given, status=0 if built is not None else 1)
    assert [call[1] for call in machine.calls() if call[0] == "docker"] == (built or [])


def test_words_of_a_dispatch_are_parameters_and_no_options(machine: Machine) -> None:
    job, steps = lines("runner", "experiment")
    machine.fake("dvc")
    machine.fake("cml")
    given = {
        "inputs.parameters": "task=hotdog lr=1e-4,1e-3 --temp -f $(touch hacked) ;touch *",
        "secrets.CML_TOKEN": "secret",
        "github.server_url": "https://github.com",
        "github.repository": "owner/name",
        "github.run_id": "1",
    }
    machine.environment |= {"GITHUB_RUN_ID": "1", "GITHUB_REF_NAME": "main"}
    for step in steps:
        machine.step(step, job, given)
    pull, run, push, pr = machine.calls()
    assert pull == ["dvc", "pull", "--remote", "storage", "--run-cache", "--allow-missing"]
    words = given["inputs.parameters"].split()
    assert run == ["dvc", "exp", "run", *(f"--set-param={word}" for word in words)]
    assert push == ["dvc", "push", "--remote", "storage", "--run-cache"]
    assert pr[:5] == ["cml", "pr", "create", "--branch=experiment-1", "--target-branch=main"]
    assert pr[-4:] == ["params.yaml", "dvc.lock", "data/dvc.lock", "reports/**"]
    assert list(machine.folder.iterdir()) == []


@pytest.mark.skipif(shutil.which("jq") is None, reason="writes the project into the credentials with jq")
def test_the_rented_machine_turns_itself_off(machine: Machine) -> None:
    job, (step,) = lines("runner", "launch")
    credentials = machine.place / "credentials.json"
    credentials.write_text('{"type": "external_account"}')
    machine.environment |= {"NAME": "reprise-1-1", "ZONE": "zone", "GCP_PROJECT": "project"}
    machine.fake("cml", f'echo "$GOOGLE_APPLICATION_CREDENTIALS_DATA" > "{machine.place}/handed"')
    given = {
        "steps.auth.outputs.credentials_file_path": str(credentials),
        "vars.GCP_SERVICE_ACCOUNT_TRAIN": "train@project.iam.gserviceaccount.com",
        "inputs.type": "n1-standard-8",
        "inputs.gpu": "nvidia-tesla-t4",
        "inputs.minutes": "240",
        "secrets.CML_TOKEN": "secret",
    }
    machine.step(step, job, given | {"inputs.minutes": "a[$(touch hacked)]"}, status=1)
    assert machine.calls() == list(machine.folder.iterdir()) == []
    machine.step(step, job, given)
    (call,) = machine.calls()
    assert call[:3] == ["cml", "runner", "launch"]
    assert {"--single", "--idle-timeout=15min", "--name=reprise-1-1", "--labels=reprise-1-1"} <= set(call)
    (script,) = (word.partition("=")[2] for word in call if word.startswith("--cloud-startup-script="))
    done = subprocess.run(["base64", "--decode"], input=script, capture_output=True, text=True, check=True)
    off = "shutdown --poweroff +300"
    assert done.stdout == f'{off}\necho "@reboot root {off}" > /etc/cron.d/poweroff\n'
    assert yaml.safe_load(machine.read("handed")) == {"type": "external_account", "project_id": "project"}


def test_a_new_lock_opens_one_pull_request(machine: Machine) -> None:
    job, (make, propose) = lines("lock", "lock")
    folder = machine.folder
    (folder / "requirements.lock").write_text("dvc==1\n")
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", machine.place / "origin"], check=True)
    for command in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["commit", "-q", "-m", "state"],
        ["remote", "add", "origin", str(machine.place / "origin")],
    ):
        subprocess.run([*GIT, *command], cwd=folder, check=True)
    machine.fake("make", "echo dvc==2 > requirements.lock")
    machine.fake("gh", '[[ "$2" != view ]]')
    machine.step(propose, job, {"github.token": "secret"})
    assert machine.calls() == []
    machine.step(make, job, {})
    machine.step(propose, job, {"github.token": "secret"})
    assert machine.calls()[0] == ["make", "lock", "UPGRADE=--upgrade"]
    assert [call[:3] for call in machine.calls()[1:]] == [
        ["gh", "auth", "setup-git"],
        ["gh", "pr", "view"],
        ["gh", "pr", "create"],
    ]
    shown = ["git", "-C", str(machine.place / "origin"), "show", "update-lock:requirements.lock"]
    assert subprocess.run(shown, capture_output=True, text=True, check=True).stdout == "dvc==2\n"
