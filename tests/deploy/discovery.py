"""Google's published REST schemas (discovery documents), made strict: an unknown key is a mistake."""

import functools
import json
import string
from pathlib import Path
from typing import Any

import googleapiclient
import yaml
from conftest import ROOT
from jsonschema import Draft202012Validator

DEPLOY = ROOT / "deploy"
DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache/documents"

# What deploy/render.sh would find in the environment.
NAMES = {
    "GCP_PROJECT": "some-project",
    "SERVICE": "reprise",
    "IMAGE": "us-central1-docker.pkg.dev/some-project/reprise/serve:v1.2.0-1de9943bcfe2",
    "MIN_INSTANCES": "1",
    "GIT_URL": "https://example.com/you/reprise.git",
    "GIT_REF": "main",
    "BRANCH": "experiment/one",
}


def rendered(name: str) -> Any:
    """Return what a file of deploy/ says once its names are filled in."""
    return yaml.safe_load(string.Template((DEPLOY / name).read_text()).substitute(NAMES))


def mistakes(content: Any, document: str, schema: str) -> list[str]:
    """Return where `content` is not what a schema of a document asks for."""
    found = _validator(document, schema).iter_errors(content)
    return [f"{error.json_path}: {error.message}" for error in found]


@functools.cache
def _validator(document: str, schema: str) -> Draft202012Validator:
    schemas = json.loads((DOCUMENTS / f"{document}.json").read_text())["schemas"]
    definitions = {name: _strict(one) for name, one in schemas.items()}
    return Draft202012Validator({"$ref": f"#/$defs/{schema}", "$defs": definitions})


def _strict(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        return {"$ref": f"#/$defs/{node['$ref']}"}
    if node.get("type") == "any":
        return {}
    # Whole numbers of 64 bits go over the wire as text.
    strict: dict[str, Any] = {"type": ["string", "integer"] if node.get("format") == "int64" else node["type"]}
    if node.get("format") == "google-duration":
        strict["pattern"] = r"^\d+(\.\d+)?s$"
    if "enum" in node:
        strict["enum"] = node["enum"]
    if "items" in node:
        strict["items"] = _strict(node["items"])
    if node["type"] == "object":
        strict["properties"] = {name: _strict(one) for name, one in node.get("properties", {}).items()}
        more = node.get("additionalProperties")
        strict["additionalProperties"] = _strict(more) if more else False
    return strict
