"""The module that sets up a Google Cloud project, as far as it can be checked without its provider."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml
from conftest import ROOT

from .discovery import DEPLOY, rendered

MODULE = DEPLOY / "terraform"
TEXT = "\n".join(path.read_text() for path in sorted(MODULE.glob("*.tf")))
# By name, as `terraform` finds either of the two that read the same language.
PROGRAM = shutil.which("terraform") or shutil.which("tofu")


def blocks(kind: str) -> dict[str, Any]:
    """Return all blocks of a kind by their labels, with a dot between: `google_storage_bucket.reprise`."""
    found: dict[str, Any] = {}
    for path in sorted(MODULE.glob("*.tf")):
        for block in hcl2.loads(path.read_text()).get(kind, []):
            found |= _named(block, 2 if kind in {"resource", "data"} else 1)
    return found


def _named(block: dict[str, Any], labels: int) -> dict[str, Any]:
    bare = {name.strip('"'): one for name, one in block.items() if not name.startswith("__")}
    if labels == 1:
        return bare
    return {f"{name}.{rest}": one for name, inner in bare.items() for rest, one in _named(inner, 1).items()}


RESOURCES = blocks("resource")


def locals_of(name: str) -> Any:
    """Return a local value: python-hcl2 gives texts with their quotes."""
    (found,) = [
        block[name]
        for path in MODULE.glob("*.tf")
        for block in hcl2.loads(path.read_text()).get("locals", [])
        if name in block
    ]
    return plain(found)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.strip('"'): plain(one) for key, one in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.strip('"') if isinstance(value, str) else value


@pytest.mark.skipif(PROGRAM is None, reason="neither terraform nor tofu is here")
def test_the_module_is_formatted() -> None:
    assert PROGRAM is not None
    found = subprocess.run(
        [PROGRAM, f"-chdir={MODULE}", "fmt", "-check", "-diff"], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (0, "")


def test_what_is_referred_to_is_there_and_the_other_way_round() -> None:
    variables, outputs = set(blocks("variable")), blocks("output")
    assert set(re.findall(r"\bvar\.(\w+)", TEXT)) == variables
    assert set(re.findall(r"(?<!data\.)\b(google_\w+\.\w+)\b", re.sub(r'"google_\w+" "\w+"', "", TEXT))) <= set(
        RESOURCES
    )
    named = {
        name
        for path in MODULE.glob("*.tf")
        for one in hcl2.loads(path.read_text()).get("locals", [])
        for name in plain(one)
    }
    assert set(re.findall(r"\blocal\.(\w+)", TEXT)) == named
    for name, block in (blocks("variable") | outputs).items():
        assert block["description"].strip('"'), name


def test_the_outputs_are_the_variables_that_workflows_read() -> None:
    read = {
        name for path in (ROOT / ".github").rglob("*.y*ml") for name in re.findall(r"\bvars\.(\w+)", path.read_text())
    }
    assert read <= set(blocks("output"))
    fixed = {"PROJECT", "REGION", "WORKLOAD_IDENTITY_PROVIDER", "SERVICE_ACCOUNT_READ", "SERVICE_ACCOUNT_DEPLOY"}
    assert {f"GCP_{name}" for name in fixed} <= set(blocks("output"))


def test_nobody_has_more_than_the_least() -> None:
    """Each role is one that was thought about; none of a basic kind, none on all buckets or all accounts."""
    given = {
        **{name: (one["account"], one["role"]) for name, one in locals_of("objects_of").items()},
        **{name: (one["account"], one["role"]) for name, one in locals_of("roles_of").items()},
    }
    assert set(given.values()) == {
        ("serve", "roles/storage.objectUser"),
        ("serve", "roles/monitoring.metricWriter"),
        ("train", "roles/storage.objectUser"),
        ("train", "roles/logging.logWriter"),
        ("read", "roles/storage.objectViewer"),
        ("deploy", "roles/storage.objectViewer"),
        ("deploy", "roles/logging.logWriter"),
        ("deploy", "roles/run.developer"),
    }
    writers = {(one["account"], one["prefix"]) for one in locals_of("objects_of").values() if "User" in one["role"]}
    assert writers == {("serve", "log/"), ("train", "dvc/")}
    roles = set(re.findall(r'"(roles/[\w.]+)"', TEXT))
    assert not {role for role in roles if re.search(r"[aA]dmin|owner|editor|roles/viewer", role)}
    assert "google_service_account_key" not in TEXT


def test_a_role_on_objects_holds_under_its_prefix_alone() -> None:
    (condition,) = RESOURCES["google_storage_bucket_iam_member.objects"]["condition"]
    assert condition["expression"].strip('"') == (
        "resource.type == 'storage.googleapis.com/Bucket' || "
        "resource.name.startsWith('${local.objects}/${each.value.prefix}')"
    )
    places = set(
        re.findall(r"gs://some-project-reprise/(\w+)", str([rendered("service.yaml"), rendered("vertex.yaml")]))
    )
    build = re.findall(r"-reprise/(\w+)", (DEPLOY / "cloudbuild.yaml").read_text())
    prefixes = {one["prefix"].rstrip("/") for one in locals_of("objects_of").values()}
    assert places | {name for name in build if name not in {"serve", "train"}} == prefixes


def test_who_comes_from_github_is_of_this_repository_and_deploys_from_tags_alone() -> None:
    provider = plain(RESOURCES["google_iam_workload_identity_pool_provider.github"])
    assert provider["attribute_condition"] == "assertion.repository_id == '${var.github_repository_id}'"
    # Claims that a job may lack are looked for first: without that its token would be refused.
    for name, expression in provider["attribute_mapping"].items():
        for claim in set(re.findall(r"assertion\.(\w+)", expression)) - {"repository_id", "run_id", "ref_type", "ref"}:
            assert f"has(assertion.{claim}) && " in expression, name
    # An environment that nobody has set up has no rules: the claim alone is not enough.
    assert provider["attribute_mapping"]["attribute.deploys"].startswith("assertion.ref_type == 'tag' && ")
    assert provider["attribute_mapping"]["attribute.trains"].startswith("assertion.ref == 'refs/heads/main' && ")
    members = {
        name: plain(one)["member"]
        for name, one in RESOURCES.items()
        if plain(one).get("role") == "roles/iam.workloadIdentityUser"
    }
    mapped = {name.removeprefix("attribute.") for name in provider["attribute_mapping"]}
    for name, member in members.items():
        attribute = re.fullmatch(r"\$\{local\.principals\}/attribute\.(\w+)/.+", member)
        assert attribute is not None, name
        assert attribute[1] in mapped, name
    assert members["google_service_account_iam_member.github_deploys"].endswith("/attribute.deploys/yes")


def test_the_module_makes_what_the_manifests_use() -> None:
    accounts = {f"reprise-{name}" for name in locals_of("accounts")}
    secrets = {
        plain(one)["secret_id"] for name, one in RESOURCES.items() if name.startswith("google_secret_manager_secret.")
    }
    texts = "".join(path.read_text() for path in DEPLOY.glob("*.yaml"))
    assert set(re.findall(r"(reprise-\w+)@", texts)) <= accounts
    assert set(re.findall(r"secretName: (\S+)|secrets/(\S+)", texts)) == {
        ("reprise-monitoring", ""),
        ("", "reprise-git"),
    }
    assert secrets == {"reprise-monitoring", "reprise-git"}
    assert plain(RESOURCES["google_storage_bucket.reprise"])["name"] == "${var.project}-reprise"
    assert plain(RESOURCES["google_artifact_registry_repository.reprise"])["repository_id"] == "reprise"
    for path in re.findall(r"\$\{path\.module\}/([\w./-]+)", TEXT):
        assert Path(MODULE, path).exists(), path


def test_every_api_that_is_used_is_enabled() -> None:
    enabled = set(re.findall(r'"(\w+)\.googleapis\.com"', TEXT))
    needs = {
        "google_artifact_registry": "artifactregistry",
        "google_billing": "billingbudgets",
        "google_iam_": "iam",
        "google_monitoring": "monitoring",
        "google_secret_manager": "secretmanager",
        "google_storage": "storage",
    }
    for prefix, api in needs.items():
        assert any(name.startswith(prefix) for name in RESOURCES), prefix
        assert api in enabled
    # What manifests and logins ask for.
    assert {"run", "aiplatform", "cloudbuild", "logging", "sts", "iamcredentials"} <= enabled


def test_a_policy_keeps_nothing_that_the_module_does_not_pass_on() -> None:
    """What an alert's file says and the module leaves out would be there by gcloud and not by Terraform."""
    policy = TEXT[TEXT.index('"google_monitoring_alert_policy"') : TEXT.index('"google_monitoring_dashboard"')]
    for path in (DEPLOY / "alerts").iterdir():
        for key in keys(yaml.safe_load(path.read_text())):
            assert re.search(rf"\.{key}\b", policy), f"{path.name}: {key}"


def keys(content: Any) -> set[str]:
    if isinstance(content, list):
        return set().union(*map(keys, content))
    if isinstance(content, dict):
        return set(content).union(*map(keys, content.values()))
    return set()
