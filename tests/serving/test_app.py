"""The endpoints by HTTP: what the pipeline found is what the server answers."""

import base64
import json

import numpy as np
import pandas as pd
import pytest

from reprise.answers import decide, pool
from reprise.bundle import read_bundle
from reprise.datasets.sources import open_source
from reprise.datasets.store import read_store
from reprise.networks.files import read_network
from reprise.params import read_params
from serving.conftest import MODALITIES


def test_files(project, count):
    """Return the first test files of a project: their content, and where in the store their items lie."""
    params, store = read_params(project.folder / "params.yaml"), read_store(project.folder / "data/store")
    index = store.index.assign(place=range(len(store.index)))
    places = index[index["split"] == "test"].groupby(["file", "row"], sort=False)["place"].agg(list).head(count)
    if params.chosen.modality == "tabular":
        table = pd.read_csv(project.folder / params.source / "wine.csv")
        rows = table.drop(columns=params.chosen.decode.label)
        return store, [(rows.iloc[row - 2].to_dict(), places) for (_, row), places in places.items()]
    suffixes = frozenset({".png", ".jpg", ".flac", ".mp4"})
    source = open_source(project.folder / params.source, params.chosen.format, params.chosen.decode, suffixes)
    listed = [example for example in source.examples if (example.file, example.row) in places.index]
    found = []
    for example, content in zip(listed, source.contents(listed), strict=True):
        raw = content if isinstance(content, bytes) else content.read_bytes()
        found.append((raw, places[example.file, example.row]))
    return store, found


test_files.__test__ = False


def ask(client, instances):
    encoded = [one if isinstance(one, dict) else {"b64": base64.b64encode(one).decode()} for one in instances]
    return client.post("/predict", json={"instances": encoded})


@pytest.mark.long
@pytest.mark.parametrize("task", MODALITIES.values())
def test_the_arrays_are_those_of_the_stage_and_the_answers_those_of_evaluate(task, trained, serve) -> None:
    project, client = trained(task), serve(task)
    store, files = test_files(project, 8)
    decode = client.app.state.service.model.decode
    for instance, places in files:
        np.testing.assert_array_equal(decode(instance).items, store.items[places])
        np.testing.assert_array_equal(decode(instance).features, store.features[places])
    params = read_params(project.folder / "params.yaml")
    weights = project.folder / f"models/weights/{params.seeds[0]}.safetensors"
    network = read_network(weights, params.chosen.model, store.schema)
    bundle = read_bundle(project.folder / "models/bundle")
    decision = bundle.decision
    positive = bundle.classes.index(decision.positive) if decision.positive else 0
    answered = ask(client, [instance for instance, _ in files])
    assert answered.status_code == 200, answered.text
    predictions = answered.json()["predictions"]
    assert len(predictions) == len(files) == 8
    for (_, places), prediction in zip(files, predictions, strict=True):
        expected, threshold = network.probabilities(store.items[places]), decision.threshold
        if task == "accident":
            together = np.zeros(len(expected), np.int64)
            expected = pool(expected, together, decision.pool, positive, threshold)
            threshold = decision.group_threshold
        label = bundle.classes[decide(expected, threshold, positive)[0]]
        assert prediction["label"] == label
        assert list(prediction["probabilities"]) == list(bundle.classes)
        assert prediction["probability"] == prediction["probabilities"][label]
        np.testing.assert_allclose(list(prediction["probabilities"].values()), expected[0], atol=1e-5)


@pytest.mark.parametrize("task", MODALITIES.values())
def test_the_examples_are_answered_as_the_model_card_says_in_every_form(task, serve) -> None:
    client = serve(task)
    card = client.get("/model").json()
    contents = [client.get("/" + example["url"]).content for example in card["examples"]]
    if task == "wine":
        rows = [json.loads(content) for content in contents]
        by_name, in_order = (
            ask(client, rows),
            client.post("/predict", json={"instances": [[*r.values()] for r in rows]}),
        )
        forms = [by_name, in_order]
    else:
        files = [
            ("file", (example["url"], content)) for example, content in zip(card["examples"], contents, strict=True)
        ]
        forms = [ask(client, contents), client.post("/predict", files=files)]
    for answered in forms:
        assert answered.status_code == 200, answered.text
        assert answered.json()["model"] == {"task": task, "sha256": card["sha256"]}
        for prediction, example in zip(answered.json()["predictions"], card["examples"], strict=True):
            assert prediction["label"] == example["label"]
            assert prediction["probabilities"] == pytest.approx(example["probabilities"], abs=2e-6)


@pytest.mark.parametrize("task", ["wine", "accident"])
def test_representations_of_the_layers_that_are_asked_for(task, trained, serve) -> None:
    client = serve(task)
    bundle = read_bundle(trained(task).folder / "models/bundle")
    model = client.app.state.service.model
    first, second = ((model.folder / example.file).read_bytes() for example in bundle.examples[:2])
    instances = [json.loads(first), json.loads(second)] if task == "wine" else [first, second]
    encoded = [one if task == "wine" else {"b64": base64.b64encode(one).decode()} for one in instances]
    layer, last = model.layers[0], model.layers[-1]
    answered = client.post(f"/representations?layers={last},{layer}", json={"instances": encoded})
    found = answered.json()["representations"]
    assert [list(one) for one in found] == [[last, layer]] * 2
    for instance, one in zip(instances, found, strict=True):
        (expected,) = model.run([f"representation.{layer}"], model.decode(instance).items)
        np.testing.assert_allclose(one[layer], expected.mean(axis=0), rtol=1e-5, atol=1e-6)
    everything = client.post("/representations", json={"instances": encoded}).json()["representations"]
    assert list(everything[0]) == list(model.layers)
    refused = client.post("/representations?layers=none", json={"instances": encoded})
    assert refused.status_code == 422
    assert refused.json()["field"] == "layers"


def test_the_model_card_tells_what_the_bundle_says(trained, serve) -> None:
    card = serve("wine", timeout=3.0).get("/model").json()
    bundle = read_bundle(trained("wine").folder / "models/bundle")
    assert card["classes"] == list(bundle.classes)
    assert card["metrics"] == bundle.metrics
    assert card["parameters"] == json.loads(json.dumps(bundle.parameters))
    assert (card["sha256"], card["data_sha256"]) == (bundle.model.sha256, bundle.data_sha256)
    assert [feature["name"] for feature in card["features"]] == list(bundle.features)
    assert card["limits"]["timeout_seconds"] == 3
    assert card["accepts"] is None


def test_the_documentation_shows_the_features_ranges_and_an_example(trained, serve) -> None:
    client = serve("wine")
    body = client.get("/openapi.json").json()["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    row = body["schema"]["properties"]["instances"]["items"]["anyOf"][0]
    bundle = read_bundle(trained("wine").folder / "models/bundle")
    assert list(row["properties"]) == list(bundle.features)
    assert f"from {bundle.reference[0].min:g} to" in row["properties"][bundle.features[0]]["description"]
    assert client.post("/predict", json=body["example"]).status_code == 200
    assert client.get("/docs").status_code == 200


def test_routes_of_vertex_ai(serve) -> None:
    client = serve("wine", predict_route="/v1/models/wine:predict", health_route="/alive", api_key="secret")
    assert client.get("/alive").json() == {"status": "ok"}
    headers = {"x-api-key": "secret"}
    example = client.get("/examples/1.json", headers=headers).json()
    for path in ("/predict", "/v1/models/wine:predict"):
        assert client.post(path, json={"instances": [example], "parameters": {}}, headers=headers).status_code == 200


def test_missing_values_are_null(serve) -> None:
    client = serve("wine")
    row = client.get("/examples/1.json").json()
    answered = ask(client, [row | {"alcohol": None, "hue": None}])
    assert answered.status_code == 200
    whole = ask(client, [row])
    found, without = (one.json()["predictions"][0]["probabilities"] for one in (whole, answered))
    assert found != without


def test_other_origins_only_when_asked_for(serve) -> None:
    asked = {"origin": "https://example.com", "access-control-request-method": "POST"}
    assert "access-control-allow-origin" not in serve("wine").get("/model", headers=asked).headers
    client = serve("wine", cors_origins="https://example.com, https://example.org", api_key="secret")
    assert client.options("/predict", headers=asked).headers["access-control-allow-origin"] == "https://example.com"
    refused = client.get("/model", headers=asked)
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "https://example.com"
    assert (
        "access-control-allow-origin" not in client.get("/model", headers=asked | {"origin": "https://a.com"}).headers
    )


def test_the_predictions_are_in_the_log_before_they_are_answered(serve, tmp_path) -> None:
    client = serve("wine", log=str(tmp_path / "log"), log_inputs=True)
    row = client.get("/examples/1.json").json()
    answered = ask(client, [row, row | {"hue": None}])
    (part,) = (tmp_path / "log").iterdir()
    first, second = map(json.loads, part.read_text().splitlines())
    assert first["request_id"] == answered.headers["x-request-id"]
    assert [line["instance"] for line in (first, second)] == [0, 1]
    assert first["input"] == row
    assert first["features"] == pytest.approx(row)
    assert second["features"]["hue"] is None
    prediction = answered.json()["predictions"][1]
    assert {key: second[key] for key in prediction} == prediction
    assert first["model"] == answered.json()["model"]["sha256"]


def test_the_documentation_asks_for_the_key_where_there_is_one(serve) -> None:
    assert "security" not in serve("wine").get("/openapi.json").json()
    document = serve("wine", api_key="secret").get("/openapi.json", headers={"x-api-key": "secret"}).json()
    assert document["security"] == [{"key": []}]
    assert document["components"]["securitySchemes"]["key"]["name"] == "X-API-Key"


def test_health_by_head_and_no_redirects(serve) -> None:
    client = serve("wine")
    assert client.head("/health").status_code == 200
    assert client.post("/predict/", json={}, follow_redirects=False).status_code == 404


@pytest.mark.parametrize("task", ["wine", "hotdog"])
def test_many_instances_are_answered_in_batches_and_in_order(task, serve) -> None:
    client = serve(task)
    examples = [client.get("/" + example["url"]).content for example in client.get("/model").json()["examples"]]
    batch = client.app.state.service.model.batch
    instances = [json.loads(one) if task == "wine" else one for one in examples * (batch // 2)]
    assert len(instances) > 2 * batch
    found = ask(client, instances).json()["predictions"]
    alone = [ask(client, [one]).json()["predictions"][0] for one in instances[:5]]
    assert [one["label"] for one in found] == [one["label"] for one in alone] * (batch // 2)
    assert found[-1]["probability"] == pytest.approx(alone[-1]["probability"], rel=1e-4)
