"""docs/deploy.md: its lines run in the order they are read, with stand-ins for what is on the other side."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from .discovery import DEPLOY, mistakes, rendered

TEXT = (ROOT / "docs/deploy.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", TEXT, flags=re.DOTALL)
BASH = shutil.which("bash")
NEEDS = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "envsubst", "jq", "xargs"))) or os.name == "nt",
    reason="what the page says is needed is not here",
)

# Answers where an answer is used, keeps what it is handed, writes down how it was called.
STAND_IN = r"""#!/usr/bin/env bash
call="$(basename "$0") $*"
echo "$call" >> "$KEPT/calls"
case "$call" in
  *" output -json") cat "$KEPT/outputs" ;;
  "gh repo view --json owner"*) echo repos/you/reprise ;;
  "gh repo view --json url"*) echo https://github.com/you/reprise ;;
  "gh api --jq .id repos/you/reprise") echo 4711 ;;
  "git rev-parse --short=12 HEAD") echo 1de9943bcfe2 ;;
  *" replace - "*) cat > "$KEPT/${call//[^a-z]/-}" ;;
  *"--data-file=-") cat > "$KEPT/secret" ;;
esac
"""
OUTSIDE = ("gcloud", "terraform", "gh", "git", "dvc", "gto", "reprise", "curl")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run all blocks in one shell, and return the folder of what the stand-ins kept."""
    folder = tmp_path_factory.mktemp("docs")
    kept, programs, work = (folder / name for name in ("kept", "programs", "work"))
    for place in (kept, programs, work):
        place.mkdir()
    shutil.copytree(DEPLOY, work / "deploy", ignore=shutil.ignore_patterns(".terraform"))
    for name in OUTSIDE:
        (programs / name).write_text(STAND_IN)
        (programs / name).chmod(0o755)
    outputs = re.findall(r'^output "(\w+)"', (DEPLOY / "terraform/outputs.tf").read_text(), flags=re.MULTILINE)
    (kept / "outputs").write_text(json.dumps({name: {"value": f"of {name}"} for name in outputs}))
    environment = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "KEPT": str(kept), "HOME": str(folder)}
    found = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(BLOCKS)],
        cwd=work,
        env=environment,
        input="token-of-git\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
    shutil.copy(work / "job.yaml", kept)
    return kept


@NEEDS
def test_the_lines_deploy_what_the_manifests_say(kept: Path) -> None:
    service = yaml.safe_load((kept / "gcloud-run-services-replace-----region-us-central-").read_text())
    job = yaml.safe_load((kept / "gcloud-run-jobs-replace-----region-us-central-").read_text())
    vertex = yaml.safe_load((kept / "job.yaml").read_text())
    assert mistakes(service, "run.v1", "Service") == []
    assert mistakes(job, "run.v1", "Job") == []
    assert mistakes(vertex, "aiplatform.v1", "GoogleCloudAiplatformV1CustomJobSpec") == []
    registry = "us-central1-docker.pkg.dev/your-project/reprise"
    assert service["metadata"]["name"] == "reprise"
    assert service["spec"]["template"]["spec"]["containers"][0]["image"] == f"{registry}/serve:v1.0.0-1de9943bcfe2"
    assert f"image: {registry}/train:v1.0.0-1de9943bcfe2" in yaml.safe_dump(job)
    assert vertex["workerPoolSpecs"][0]["containerSpec"]["imageUri"] == f"{registry}/train:v1.0.0-1de9943bcfe2"
    for one in (service, job, vertex):
        assert "$" not in yaml.safe_dump(one)
    assert "value: https://github.com/you/reprise.git" in yaml.safe_dump(job)


@NEEDS
def test_the_lines_hand_over_what_others_need(kept: Path) -> None:
    calls = (kept / "calls").read_text()
    outputs = re.findall(r'^output "(\w+)"', (DEPLOY / "terraform/outputs.tf").read_text(), flags=re.MULTILINE)
    assert re.findall(r"^gh variable set (\w+) --body of \1$", calls, flags=re.MULTILINE) == outputs
    assert (kept / "secret").read_text() == "token-of-git"
    assert "dvc remote modify storage url gs://your-project-reprise/dvc\n" in calls
    build = yaml.safe_load((DEPLOY / "cloudbuild.yaml").read_text())
    asked = set(re.findall(r"\$(_\w+)", yaml.safe_dump(build)))
    (given,) = re.findall(r"--substitutions (\S+)", calls)
    assert {one.partition("=")[0] for one in given.split(",")} == asked
    # What is built is what is deployed.
    assert "_TAG=v1.0.0-1de9943bcfe2" in given.split(",")
    assert all(image.endswith(":$_TAG") for image in build["images"])
    used = {
        job["environment"]
        for name in ("registry", "runner")
        for job in yaml.safe_load((ROOT / f".github/workflows/{name}.yaml").read_text())["jobs"].values()
        if "environment" in job
    }
    limited = r"^gh api .*/environments/([\w-]+)/deployment-branch-policies -f name=(\S+) -f type=(\w+)$"
    policies = re.findall(limited, calls, flags=re.MULTILINE)
    assert {name for name, _, _ in policies} == used
    assert {(kind, name) for environment, name, kind in policies if environment != "production"} == {("branch", "main")}


@NEEDS
@pytest.mark.parametrize("missing", ["IMAGE", "GCP_PROJECT"])
def test_a_name_that_is_not_set_is_told_and_nothing_is_printed(missing: str) -> None:
    environment = dict.fromkeys(("SERVICE", "MIN_INSTANCES", "IMAGE", "GCP_PROJECT"), "some")
    environment |= {"PATH": os.environ["PATH"], missing: ""}
    script, file = DEPLOY / "render.sh", DEPLOY / "service.yaml"
    found = subprocess.run([script, file], env=environment, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == f"error: {file}: {missing} is not set\n"


@pytest.mark.skipif(BASH is None or os.name == "nt", reason="there is no bash")
@pytest.mark.parametrize("block", [*BLOCKS, *(path.read_text() for path in DEPLOY.glob("*.sh"))])
def test_what_is_for_a_shell_can_be_read_by_one(block: str) -> None:
    assert BASH is not None
    found = subprocess.run([BASH, "-n"], input=block, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")


def test_the_page_names_files_and_variables_that_there_are() -> None:
    for path in re.findall(r"(?<=[ `(])((?:deploy|docs|\.github)/[\w./-]*\w)", TEXT):
        if path.startswith("deploy/terraform/.terraform"):
            continue
        assert (ROOT / path).exists(), path
    for target in re.findall(r"\]\((?!http)([^)#]+)", TEXT):
        assert (ROOT / "docs" / target).exists(), target
    variables = (DEPLOY / "terraform/variables.tf").read_text()
    for name in set(re.findall(r"\bTF_VAR_(\w+)", TEXT)):
        assert f'variable "{name}"' in variables, name
    needed = set(re.findall(r'variable "(\w+)" \{(?:(?!\n\}).)*\n\}', variables, flags=re.DOTALL))
    assert needed == set(re.findall(r"\bTF_VAR_(\w+)", TEXT))


def test_the_page_says_of_the_service_what_its_file_says() -> None:
    template = rendered("service.yaml")["spec"]["template"]
    serve, collector = template["spec"]["containers"]
    limits = serve["resources"]["limits"]
    assert (limits, collector["resources"]["limits"]["cpu"]) == ({"cpu": "2", "memory": "2Gi"}, "500m")
    assert "two processors and 2 GiB" in TEXT
    assert f"{template['spec']['containerConcurrency']} requests at once in an instance" in TEXT
    assert f"at most {template['metadata']['annotations']['autoscaling.knative.dev/maxScale']} instances" in TEXT
    # What it costs is of both containers: 2 and 0.5 processors, 2048 and 256 MiB.
    assert re.search(r"2\.5 vCPU \S+ 0\.000018 \+ 2\.25 GiB \S+ 0\.000002", TEXT)
    assert collector["resources"]["limits"]["memory"] == "256Mi"


def test_the_page_has_every_alert_and_its_bound() -> None:
    rows = re.findall(r"^\| ([\w ]+) \| (.+) \| `deploy/alerts/(.+)` \|$", TEXT, flags=re.MULTILINE)
    assert sorted(file for _, _, file in rows) == sorted(path.name for path in (DEPLOY / "alerts").iterdir())
    bounds = {"errors": "> 0.05", "latency": "> 1", "drift": "> 0.25", "no traffic": "[6h]", "no metrics": "absent("}
    for name, _, file in rows:
        policy = rendered(f"alerts/{file}")
        assert policy["displayName"] == f"Reprise: {name}"
        assert bounds[name] in policy["conditions"][0]["conditionPrometheusQueryLanguage"]["query"]
