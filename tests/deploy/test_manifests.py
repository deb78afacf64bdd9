"""What Google Cloud is told, against Google's schemas and against what the server does."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT

from reprise.serving.settings import Settings, read_settings
from reprise.serving.upload import _CLOSE_SECONDS

from .discovery import DEPLOY, NAMES, mistakes, rendered

SCHEMAS = {
    "service.yaml": ("run.v1", "Service"),
    "train-job.yaml": ("run.v1", "Job"),
    "vertex.yaml": ("aiplatform.v1", "GoogleCloudAiplatformV1CustomJobSpec"),
    **{f"alerts/{path.name}": ("monitoring.v3", "AlertPolicy") for path in sorted((DEPLOY / "alerts").iterdir())},
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_google_reads_has_the_form_that_it_publishes(name: str) -> None:
    assert mistakes(rendered(name), *SCHEMAS[name]) == []


def test_the_dashboard_and_the_build_have_the_form_that_google_publishes() -> None:
    assert mistakes(json.loads((DEPLOY / "dashboard.json").read_text()), "monitoring.v1", "Dashboard") == []
    build = DEPLOY / "cloudbuild.yaml"
    assert mistakes(yaml.safe_load(build.read_text()), "cloudbuild.v1", "Build") == []
    checker = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", "vendor.cloudbuild", build]
    found = subprocess.run(checker, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    ("found", "typo", "told"),
    [
        ("startupProbe", "startupprobe", "'startupprobe' was unexpected"),
        ("containerConcurrency: 40", "containerConcurrency: many", "'many' is not of type 'integer'"),
        ("failureThreshold: 60", "failureThreshold: 1.5", "1.5 is not of type 'integer'"),
    ],
)
def test_a_typo_is_told(found: str, typo: str, told: str) -> None:
    text = yaml.safe_dump(rendered("service.yaml"))
    assert text.count(found) == 1
    (mistake,) = mistakes(yaml.safe_load(text.replace(found, typo)), *SCHEMAS["service.yaml"])
    assert told in mistake


def test_a_wrong_choice_and_a_wrong_duration_are_told() -> None:
    policy = rendered("alerts/drift.yaml")
    policy["combiner"] = "EITHER"
    policy["conditions"][0]["conditionPrometheusQueryLanguage"]["duration"] = "15m"
    assert len(mistakes(policy, "monitoring.v3", "AlertPolicy")) == 2


def template() -> dict[str, Any]:
    return rendered("service.yaml")["spec"]["template"]


def container(name: str) -> dict[str, Any]:
    (found,) = [one for one in template()["spec"]["containers"] if one["name"] == name]
    return found


def settings() -> Settings:
    return read_settings({one["name"]: one["value"] for one in container("serve")["env"]})


def test_the_server_ends_before_it_is_killed() -> None:
    """Cloud Run kills 10 s after SIGTERM; by then requests are answered and the log is uploaded."""
    assert settings().drain + _CLOSE_SECONDS < 10


def test_the_server_gives_up_before_cloud_run_does() -> None:
    limit = template()["spec"]["timeoutSeconds"]
    assert 2 * settings().timeout < limit < 2 * settings().timeout + 10


def test_the_server_refuses_before_its_queue_is_longer_than_cloud_run_lets_it_be() -> None:
    assert template()["spec"]["containerConcurrency"] < settings().queue


def test_the_log_goes_to_the_bucket_under_the_name_of_the_service() -> None:
    assert settings().log == "gs://some-project-reprise/log/reprise"


def test_the_processors_are_used_once() -> None:
    assert settings().workers * (settings().threads or 0) == int(container("serve")["resources"]["limits"]["cpu"])


def test_the_memory_holds_the_bodies_of_all_processes() -> None:
    limit = int(container("serve")["resources"]["limits"]["memory"].removesuffix("Gi")) * 2**30
    assert settings().workers * (settings().max_buffered_bytes + 256 * 2**20) <= limit


def test_the_sidecar_starts_after_the_server_and_reads_its_configuration() -> None:
    order = json.loads(template()["metadata"]["annotations"]["run.googleapis.com/container-dependencies"])
    assert order == {"collector": ["serve"]}
    assert "startupProbe" in container("serve")
    (mount,) = container("collector")["volumeMounts"]
    (volume,) = template()["spec"]["volumes"]
    (item,) = volume["secret"]["items"]
    assert volume["name"] == mount["name"]
    assert f"{mount['mountPath']}/{item['path']}" == "/etc/rungmp/config.yaml"
    monitoring = yaml.safe_load((DEPLOY / "monitoring.yaml").read_text())
    assert (monitoring["apiVersion"], monitoring["kind"]) == ("monitoring.googleapis.com/v1beta", "RunMonitoring")
    assert set(monitoring["spec"]["targetLabels"]["metadata"]) <= {"service", "revision", "configuration", "instance"}


def test_probes_have_time_to_answer() -> None:
    """The start may take up to 240 s, and a probe is over before the next."""
    startup, liveness = container("serve")["startupProbe"], container("serve")["livenessProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] <= 240
    for probe in (startup, liveness):
        assert probe["timeoutSeconds"] <= probe["periodSeconds"]


def test_images_accounts_and_buckets_go_by_one_name_each() -> None:
    """What one file makes is what another uses; deploy/terraform makes them (test_terraform.py)."""
    texts = {path: path.read_text() for path in DEPLOY.rglob("*") if path.suffix in {".yaml", ".sh", ".tf"}}
    for path, text in texts.items():
        for image in re.findall(r"docker\.pkg\.dev/\$\{?\w+\}?/(\w+/\w+)", text):
            assert image in {"reprise/serve", "reprise/train"}, path
        for account in re.findall(r"([\w-]+)@\$\{?\w+\}?\.iam", text):
            assert account in {"reprise-serve", "reprise-train", "reprise-deploy"}, path
        for bucket in re.findall(r"gs://\$\{?\w+\}?([\w-]*)", text):
            assert bucket == "-reprise", path


def test_jobs_run_the_script_that_the_image_has() -> None:
    vertex = rendered("vertex.yaml")["workerPoolSpecs"][0]["containerSpec"]
    (job,) = rendered("train-job.yaml")["spec"]["template"]["spec"]["template"]["spec"]["containers"]
    for one in (vertex, job):
        assert one["command"] == ["bash", "deploy/train.sh"]
        documented = re.findall(r"^#   (\w+)  ", (DEPLOY / "train.sh").read_text(), flags=re.MULTILINE)
        assert {variable["name"] for variable in one["env"]} <= set(documented)
    # The image that trains takes all that .dockerignore lets through.
    assert "!deploy/train.sh" in (ROOT / ".dockerignore").read_text().splitlines()


def test_every_name_that_is_filled_in_is_needed() -> None:
    """And there is none that NAMES, and so a reader of docs/deploy.md, does not know."""
    used = {name for path in DEPLOY.glob("*.yaml") for name in re.findall(r"\$\{(\w+)\}", path.read_text())}
    assert used == set(NAMES)
