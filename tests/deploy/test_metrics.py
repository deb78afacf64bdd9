"""Alerts and dashboard against what the server really tells."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
import yaml
from conftest import Project
from starlette.testclient import TestClient

from reprise.serving.app import build_app
from reprise.serving.settings import Settings

from .discovery import DEPLOY, rendered

# What Google's sidecar adds to each metric; the last as deploy/monitoring.yaml asks for them.
ADDED = {"project_id", "location", "cluster", "namespace", "job", "instance", "service_name", "revision_name"}
FUNCTIONS = {"rate", "increase", "histogram_quantile", "absent", "label_replace", "sum", "avg", "count"}
WORDS = {"by", "and", "unless"}
SELECTOR = re.compile(r"(reprise_\w+)(?:\{(.*?)\})?")
MATCHER = re.compile(r'\s*(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"\s*')


def queries() -> dict[str, str]:
    found = {}
    for path in sorted((DEPLOY / "alerts").iterdir()):
        for condition in rendered(f"alerts/{path.name}")["conditions"]:
            found[f"{path.name}: {condition['displayName']}"] = condition["conditionPrometheusQueryLanguage"]["query"]
    for tile in json.loads((DEPLOY / "dashboard.json").read_text())["mosaicLayout"]["tiles"]:
        for number, one in enumerate(tile["widget"]["xyChart"]["dataSets"]):
            if "prometheusQuery" in one["timeSeriesQuery"]:
                found[f"{tile['widget']['title']} {number}"] = one["timeSeriesQuery"]["prometheusQuery"]
    return found


@pytest.fixture(scope="module")
def told(trained: Callable[[str], Project]) -> Iterator[dict[str, dict[str, set[str]]]]:
    """What /metrics has after some requests: for each name its labels, and their values."""
    bundle = trained("wine").folder / "models/bundle"
    with TestClient(build_app(Settings(bundle=str(bundle)))) as client:
        row = json.loads((bundle / "examples/1.json").read_text())
        # As many as a drift score takes.
        assert client.post("/predict", json={"instances": [row] * 200}).status_code == 200
        assert client.get("/health").status_code == client.get("/ready").status_code == 200
        client.get("/metrics")
        text = client.get("/metrics").text
    found: dict[str, dict[str, set[str]]] = {}
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? ", text, re.MULTILINE):
        values = found.setdefault(name, {})
        for label, value in re.findall(r'(\w+)="([^"]*)"', labels):
            values.setdefault(label, set()).add(value)
    return found


def mistakes(query: str, told: dict[str, dict[str, set[str]]]) -> list[str]:
    """Return what a query asks for that there is not."""
    found = []
    known: set[str] = set(ADDED)
    for name, matchers in SELECTOR.findall(query):
        if name not in told:
            found.append(f"no metric {name}")
            continue
        known |= set(told[name])
        rest = MATCHER.sub("", matchers).replace(",", "")
        if rest:
            found.append(f"no matcher {rest}")
        for label, how, value in MATCHER.findall(matchers):
            if label not in ADDED | set(told[name]):
                found.append(f"no label {label} of {name}")
            elif label in {"route", "method"}:
                asked = value.split("|") if "~" in how else [value]
                found += [f"no {label} {one} of {name}" for one in asked if one not in told[name][label]]
    for group in re.findall(r"\bby \(([^)]*)\)", query):
        found += [f"no label {label}" for label in re.split(r",\s*", group) if label not in known]
    return found + _grammar(query)


def _grammar(query: str) -> list[str]:
    """Return what a look at brackets, names and windows finds wrong."""
    bare = re.sub(r'"[^"]*"', '""', query)
    found = [f"brackets {pair}" for pair in ("()", "{}", "[]") if bare.count(pair[0]) != bare.count(pair[1])]
    found += [f"window {window}" for window in re.findall(r"\[(.*?)\]", bare) if not re.fullmatch(r"\d+[smhd]", window)]
    called = set(re.findall(r"\b([a-z_]+)\s*\(", bare)) - WORDS
    found += [f"function {name}" for name in called - FUNCTIONS]
    found += [
        f"{name} needs a window"
        for name, inside in re.findall(r"\b(rate|increase)\(([^()]*)\)", bare)
        if not inside.rstrip().endswith("]")
    ]
    return found


@pytest.mark.parametrize("name", queries())
def test_a_query_asks_for_what_the_server_tells(name: str, told: dict[str, dict[str, set[str]]]) -> None:
    assert mistakes(queries()[name], told) == []


@pytest.mark.parametrize(
    ("query", "mistake"),
    [
        ('reprise_request_total{service_name="reprise"}', "no metric reprise_request_total"),
        ('reprise_requests_total{code="500"}', "no label code of reprise_requests_total"),
        ('reprise_requests_total{route="/predictions"}', "no route /predictions of reprise_requests_total"),
        ('reprise_requests_total{route!~"/health|/live"}', "no route /live of reprise_requests_total"),
        ("sum by (class) (reprise_predictions_total)", "no label class"),
        ("sum(rate(reprise_requests_total[5m])", "brackets ()"),
        ("rate(reprise_requests_total)", "rate needs a window"),
        ("rate(reprise_requests_total[5 minutes])", "window 5 minutes"),
        ("quantile_of(reprise_queue_length)", "function quantile_of"),
    ],
)
def test_a_mistake_in_a_query_is_told(query: str, mistake: str, told: dict[str, dict[str, set[str]]]) -> None:
    assert mistakes(query, told) == [mistake]


def test_the_dashboard_shows_every_metric(told: dict[str, dict[str, set[str]]]) -> None:
    asked = {name for query in queries().values() for name, _ in SELECTOR.findall(query)}
    suffix = re.compile("_(bucket|sum|count)$")
    assert {suffix.sub("", name) for name in told} == {suffix.sub("", name) for name in asked}


def test_a_policy_is_evaluated_in_steps_that_google_takes() -> None:
    """Whole minutes or halves, as `duration` and `evaluationInterval` must be."""
    for path in (DEPLOY / "alerts").iterdir():
        (condition,) = yaml.safe_load(path.read_text())["conditions"]
        asked = condition["conditionPrometheusQueryLanguage"]
        for key in ("duration", "evaluationInterval"):
            assert int(asked[key].removesuffix("s")) % 30 == 0, path.name


def test_alerts_are_of_the_service_that_is_in_production() -> None:
    for name, query in queries().items():
        if ".yaml" in name:
            assert len(SELECTOR.findall(query)) == query.count('service_name="reprise"'), name


def test_the_share_of_errors_is_of_the_requests_that_it_counts() -> None:
    (query,) = (query for name, query in queries().items() if name.startswith("errors.yaml"))
    counted = [set(MATCHER.findall(matchers)) - {("status", "=~", "5..")} for _, matchers in SELECTOR.findall(query)]
    assert len(counted) == 3
    assert counted[0] == counted[1] == counted[2]
