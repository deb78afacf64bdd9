"""One port everywhere."""

import re
import subprocess

import pytest
import yaml
from conftest import ROOT

from reprise.serving.settings import DEFAULT_PORT, Settings

from .discovery import DEPLOY, rendered

# Each place that names the port of the server, and how.
PLACES = {
    "Dockerfile": r"\bPORT=(\d+)|^EXPOSE (\d+)",
    "README.md": r"\b(?:localhost|127\.0\.0\.1):(\d+)|-p (\d+):(\d+)",
    "docs/serving.md": r"\bport (\d+)|`PORT` \| (\d+)",
    "deploy/service.yaml": r"\b(?:containerPort|port): (\d+)",
    "deploy/monitoring.yaml": r"\bport: (\d+)",
}
# Wherever else somebody should write one down.
ANYWHERE = r"(?:localhost|127\.0\.0\.1):(\d+)|-p (\d+):(\d+)|\bPORT=(\d+)|^EXPOSE (\d+)"


def ports(pattern: str, text: str) -> set[int]:
    return {int(one) for found in re.finditer(pattern, text, re.MULTILINE) for one in found.groups() if one}


@pytest.mark.parametrize("place", PLACES)
def test_the_port_is_the_same_here(place: str) -> None:
    assert ports(PLACES[place], (ROOT / place).read_text()) == {DEFAULT_PORT}


def test_the_port_is_the_same_wherever_it_is_written() -> None:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    texts = ["*.md", "*.y*ml", "*.sh", "Makefile", "Dockerfile", ".ci/run", "*.tf"]
    found = subprocess.run([*listed, "--", *texts], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    wrong = {
        name: others
        for name in filter(None, found.split("\0"))
        if (ROOT / name).is_file() and (others := ports(ANYWHERE, (ROOT / name).read_text()) - {DEFAULT_PORT})
    }
    assert wrong == {}


def test_the_port_is_the_server_s_own() -> None:
    assert Settings.model_fields["port"].default == DEFAULT_PORT


def test_the_sidecar_asks_the_port_where_the_server_listens() -> None:
    (serve, _) = rendered("service.yaml")["spec"]["template"]["spec"]["containers"]
    (endpoint,) = yaml.safe_load((DEPLOY / "monitoring.yaml").read_text())["spec"]["endpoints"]
    (port,) = serve["ports"]
    probed = [serve[name]["httpGet"]["port"] for name in ("startupProbe", "livenessProbe")]
    assert {endpoint["port"], port["containerPort"], *probed} == {DEFAULT_PORT}
