import base64
import logging
import re

import pytest


def test_every_answer_has_an_id_that_is_also_in_the_error_and_in_the_log(serve, caplog) -> None:
    client = serve("wine")
    assert re.fullmatch("[0-9a-f]{16}", client.get("/health").headers["x-request-id"])
    assert client.get("/health", headers={"x-request-id": "mine-1.2_3"}).headers["x-request-id"] == "mine-1.2_3"
    assert client.get("/health", headers={"x-request-id": "a b"}).headers["x-request-id"] != "a b"
    with caplog.at_level(logging.WARNING):
        answered = client.post("/predict", json={"instances": [[1]]})
    request_id = answered.headers["x-request-id"]
    assert set(answered.json()) == {"error", "field", "expected", "request_id"}
    assert answered.json()["request_id"] == request_id
    assert f"POST /predict: 422: {answered.json()['error']}, request {request_id}" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/predict", 405), ("DELETE", "/model", 405)]
)
def test_unknown_paths_and_methods_have_the_same_form(serve, method, path, status) -> None:
    answered = serve("wine").request(method, path)
    assert answered.status_code == status
    assert set(answered.json()) == {"error", "field", "expected", "request_id"}


def test_a_bug_is_500_without_a_trace_to_the_client_and_with_one_in_the_log(serve, monkeypatch, caplog) -> None:
    client = serve("wine")
    monkeypatch.setattr(client.app.state.service.model, "answer", lambda *_: 1 / 0)
    row = client.get("/examples/1.json").json()
    answered = client.post("/predict", json={"instances": [row]})
    assert answered.status_code == 500
    assert answered.json() == {
        "error": "an error of the server",
        "field": None,
        "expected": None,
        "request_id": answered.headers["x-request-id"],
    }
    assert "ZeroDivisionError" in caplog.text
    assert answered.headers["x-request-id"] in caplog.text


def test_without_the_key_there_is_nothing_but_health(serve) -> None:
    client = serve("wine", api_key="secret")
    for path in ("/", "/model", "/metrics", "/docs", "/openapi.json", "/examples/1.json", "/nothing"):
        answered = client.get(path)
        assert answered.status_code == 401, path
        assert answered.headers["www-authenticate"].startswith("Basic")
    assert client.post("/predict", json={}).status_code == 401
    for path in ("/health", "/ready"):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("x-api-key", "secret", 200),
        ("x-api-key", "secre", 401),
        ("x-api-key", "", 401),
        ("authorization", "Bearer secret", 200),
        ("authorization", "bearer other", 401),
        ("authorization", "Basic " + base64.b64encode(b"anyone:secret").decode(), 200),
        ("authorization", "Basic " + base64.b64encode(b"secret").decode(), 401),
        ("authorization", "Basic !", 401),
        ("authorization", "secret", 401),
    ],
)
def test_the_key_in_each_form(serve, header, value, status) -> None:
    assert serve("wine", api_key="secret").get("/model", headers={header: value}).status_code == status


def test_a_large_body_is_413_in_the_same_form(serve) -> None:
    client = serve("wine", max_body_bytes=100)
    for content in (b"x" * 101, iter([b"x" * 60, b"x" * 60])):
        answered = client.post("/predict", content=content, headers={"content-type": "application/json"})
        assert answered.status_code == 413
        assert answered.json()["field"] == "body"
        assert answered.json()["expected"] == "at most 100 bytes"


def test_requests_are_counted_by_route_and_status(serve) -> None:
    client = serve("wine")
    client.get("/nothing/1")
    client.post("/predict", json={"instances": []})
    client.get("/health")
    text = client.get("/metrics").text
    for route, method, status in (("other", "GET", 404), ("/predict", "POST", 422), ("/health", "GET", 200)):
        pattern = rf'reprise_requests_total{{method="{method}",route="{route}",status="{status}"}} 1\.0'
        assert re.search(pattern, text), (route, text)
