"""The Open Inference Protocol V2, by Triton's own client and by hand."""

import base64
import json
import re
import threading
import time
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest
import uvicorn
from starlette.testclient import TestClient
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

from reprise.serving.app import build_app
from reprise.serving.examples import read_example
from reprise.serving.settings import Settings

ROW = [13.2, 1.8, 2.4, 15.0, 127.0, 2.8, 3.1, 0.3, 2.3, 5.6, 1.0, 3.9, 1065.0]
LENGTH = "Inference-Header-Content-Length"
INFER = "/v2/models/wine/infer"


@contextmanager
def listening(app):
    """Serve an app by a thread; give the address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def triton(trained):
    """Give Triton's client of a server for a task, and the model that answers; each is started once."""
    with ExitStack() as stack:
        found = {}

        def client_of(task):
            if task not in found:
                app = build_app(Settings(bundle=str(trained(task).folder / "models/bundle")))
                client = stack.enter_context(InferenceServerClient(stack.enter_context(listening(app))))
                found[task] = client, app.state.service.model
            return found[task]

        yield client_of


def input_of(items, *, binary=True):
    datatype = {"float32": "FP32", "uint8": "UINT8"}[items.dtype.name]
    found = InferInput("items", list(items.shape), datatype)
    return found.set_data_from_numpy(items, binary_data=binary)


def examples_of(model):
    """Return the examples of a bundle as they are sent to `/predict`, and as items."""
    raw = [read_example(model.folder / one.file, model.bundle.modality) for one in model.bundle.examples]
    items = np.concatenate([model.decode(one).items for one in raw])
    return [one if not isinstance(one, bytes) else {"b64": base64.b64encode(one).decode()} for one in raw], items


def tensor(**changes):
    return {"name": "items", "shape": [1, 13], "datatype": "FP32", "data": ROW} | changes


def infer(client, request, after=b"", **headers):
    head = request if isinstance(request, bytes) else json.dumps(request).encode()
    if after:
        headers[LENGTH] = str(len(head))
    return client.post(INFER, content=head + after, headers=headers)


def values(response, name="probabilities"):
    (found,) = [one for one in response.json()["outputs"] if one["name"] == name]
    return np.array(found["data"], np.float32).reshape(found["shape"])


def test_triton_reads_what_the_server_and_the_model_are(triton) -> None:
    client, model = triton("wine")
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    for version in ("", "1"):
        assert client.is_model_ready("wine", version)
        metadata = client.get_model_metadata("wine", version)
        assert metadata["versions"] == ["1"]
        assert metadata["inputs"] == [{"name": "items", "datatype": "FP32", "shape": [-1, 13]}]
        assert [one["name"] for one in metadata["outputs"]] == [one.name for one in model.bundle.served.outputs]


def test_triton_reads_that_a_model_or_version_is_unknown(triton) -> None:
    client, _ = triton("wine")
    assert not client.is_model_ready("hotdog")
    assert not client.is_model_ready("wine", "2")
    with pytest.raises(InferenceServerException, match="unknown model 'hotdog'; expected wine"):
        client.get_model_metadata("hotdog")
    with pytest.raises(InferenceServerException, match="unknown version '2' of wine; expected 1"):
        client.infer("wine", [input_of(np.array([ROW], np.float32))], model_version="2")


@pytest.mark.parametrize("task", ["wine", "hotdog", "species"])
def test_decoded_items_are_answered_as_what_they_were_decoded_from(task, triton, serve) -> None:
    client, model = triton(task)
    raw, items = examples_of(model)
    predictions = serve(task).post("/predict", json={"instances": raw}).json()["predictions"]
    expected = np.array([list(one["probabilities"].values()) for one in predictions], np.float32)
    for binary in (True, False):
        for output in (InferRequestedOutput("probabilities", binary_data=not binary), None):
            result = client.infer(task, [input_of(items, binary=binary)], outputs=output and [output])
            np.testing.assert_allclose(result.as_numpy("probabilities"), expected, rtol=1e-5)  # /predict rounds


def test_of_a_video_each_clip_is_answered(triton) -> None:
    client, model = triton("accident")
    _, items = examples_of(model)
    assert len(items) > len(model.bundle.examples)
    result = client.infer("accident", [input_of(items)], model_version="1")
    np.testing.assert_array_equal(result.as_numpy("probabilities"), *model.run(["probabilities"], items))


def test_outputs_come_in_the_order_and_form_in_which_they_were_asked_for(triton) -> None:
    client, model = triton("wine")
    items = np.random.default_rng(0).normal(50, 20, (300, 13)).astype(np.float32)
    asked = [
        InferRequestedOutput("representation.hidden2"),
        InferRequestedOutput("probabilities", binary_data=False),
        InferRequestedOutput("representation.hidden1"),
    ]
    result = client.infer("wine", [input_of(items)], outputs=asked, request_id="mine")
    names = [output.name() for output in asked]
    outputs = result.get_response()["outputs"]
    assert result.get_response()["id"] == "mine"
    assert [output["name"] for output in outputs] == names
    assert [output.get("parameters") for output in outputs] == [
        {"binary_data_size": 300 * 32 * 4},
        None,
        {"binary_data_size": 300 * 64 * 4},
    ]
    for name, expected in zip(names, model.run(names, items), strict=True):
        np.testing.assert_array_equal(result.as_numpy(name), expected)


def test_an_output_says_otherwise_than_the_request(serve) -> None:
    client = serve("wine")
    outputs = [{"name": "probabilities", "parameters": {"binary_data": False}}, {"name": "representation.hidden2"}]
    request = {"inputs": [tensor()], "parameters": {"binary_data_output": True}, "outputs": outputs}
    response = infer(client, request)
    head = json.loads(response.content[: int(response.headers[LENGTH])])
    assert response.headers["content-type"] == "application/octet-stream"
    assert "data" in head["outputs"][0]
    assert head["outputs"][1]["parameters"] == {"binary_data_size": 32 * 4}
    assert len(response.content) == int(response.headers[LENGTH]) + 32 * 4


def test_a_missing_value_of_a_table_is_null_or_nan(serve) -> None:
    client = serve("wine")
    row = [*ROW[:-1], None]
    predicted = client.post("/predict", json={"instances": [row]}).json()["predictions"][0]["probabilities"]
    items = np.array([row], np.float32)
    given = {"name": "items", "shape": [1, 13], "datatype": "FP32", "parameters": {"binary_data_size": items.nbytes}}
    for response in (
        infer(client, {"inputs": [tensor(data=row)]}),
        infer(client, {"inputs": [given]}, items.tobytes()),
    ):
        np.testing.assert_allclose(values(response), [list(predicted.values())], rtol=1e-5)  # /predict rounds


def test_numbers_may_begin_anywhere_in_the_body(serve) -> None:
    client = serve("wine")
    items = np.array([ROW, ROW[::-1]], np.float32)
    given = tensor(shape=[2, 13], parameters={"binary_data_size": items.nbytes}, data=None)
    expected = values(infer(client, {"inputs": [tensor(shape=[2, 13], data=items.tolist())]}))
    for spaces in range(4):
        head = json.dumps({"inputs": [given]}).encode() + b" " * spaces
        np.testing.assert_array_equal(values(infer(client, head, items.tobytes())), expected)


def test_lists_are_flat_or_nested(serve) -> None:
    client = serve("hotdog")
    items = examples_of(client.app.state.service.model)[1][:2]
    answers = []
    for data in (items.ravel().tolist(), items.tolist()):
        given = tensor(shape=list(items.shape), datatype="UINT8", data=data)
        response = client.post("/v2/models/hotdog/infer", json={"inputs": [given]})
        answers.append(values(response))
    np.testing.assert_array_equal(*answers)
    for wrong, found in ((256, "too large"), (-1, "too large"), (1.5, "fraction"), (None, "null"), (True, "true")):
        given = tensor(shape=[1, 64, 64, 3], datatype="UINT8", data=[wrong, *[0] * (64 * 64 * 3 - 1)])
        response = client.post("/v2/models/hotdog/infer", json={"inputs": [given]})
        assert response.status_code == 422
        assert found in response.json()["error"]


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1.01, -3e38])
def test_a_sound_lies_between_minus_one_and_one(wrong, triton) -> None:
    client, model = triton("species")
    items = np.zeros((2, *model.decoder.shape), np.float32)
    items[1, 5] = wrong
    for binary in (True, False):
        with pytest.raises(
            InferenceServerException, match=re.escape(f"number {items.shape[1] + 5} is {wrong:g}; expected")
        ):
            client.infer("species", [input_of(items, binary=binary)])


def test_triton_tells_what_was_wrong(triton) -> None:
    client, _ = triton("wine")
    with pytest.raises(
        InferenceServerException, match=r"inputs\[0\].shape: \[1, 12\]; expected \[from 1 to 1000, 13\]"
    ):
        client.infer("wine", [input_of(np.zeros((1, 12), np.float32))])
    with pytest.raises(InferenceServerException, match="unknown output 'logits'; expected probabilities"):
        client.infer("wine", [input_of(np.array([ROW], np.float32))], outputs=[InferRequestedOutput("logits")])
    with pytest.raises(InferenceServerException, match="unsupported key 'classification'; expected binary_data"):
        outputs = [InferRequestedOutput("probabilities", class_count=2)]
        client.infer("wine", [input_of(np.array([ROW], np.float32))], outputs=outputs)
    with pytest.raises(InferenceServerException, match="unsupported key 'shared_memory_region'"):
        given = InferInput("items", [1, 13], "FP32")
        given.set_shared_memory("region", 52)
        client.infer("wine", [given])
    with pytest.raises(InferenceServerException, match="content encoding 'gzip'"):
        client.infer("wine", [input_of(np.array([ROW], np.float32))], request_compression_algorithm="gzip")


WRONG_TENSORS = {
    "another name": {"name": "x"},
    "another datatype": {"datatype": "FP64"},
    "no such datatype": {"datatype": "float32"},
    "no items": {"shape": [0, 13], "data": []},
    "less than none": {"shape": [-1, 13]},
    "too many items": {"shape": [6, 13], "data": ROW * 6},
    "a huge shape": {"shape": [2**62, 13]},
    "a shape beyond any number": {"shape": [10**400, 13]},
    "a shape of zero items beyond any number": {"shape": [10**400, 0]},
    "another rank": {"shape": [13]},
    "a rank too high": {"shape": [1, 13, 1]},
    "dimensions without end": {"shape": [1] * 1000},
    "true as a size": {"shape": [True, 13]},
    "a size with a point": {"shape": [1.0, 13]},
    "no shape": {"shape": None},
    "no numbers": {"data": None},
    "an empty list": {"data": []},
    "too few numbers": {"data": ROW[1:]},
    "too many numbers": {"data": [*ROW, 1.0]},
    "too many lists": {"data": [ROW, ROW]},
    "lists too deep": {"data": [[ROW]]},
    "lists of other lengths": {"shape": [2, 13], "data": [ROW[1:], [*ROW, 1.0]]},
    "lists and numbers": {"shape": [2, 13], "data": [ROW, *ROW]},
    "long text": {"data": ["x" * 100_000, *ROW[1:]]},
    "a number as text": {"data": ["1", *ROW[1:]]},
    "true": {"data": [True, *ROW[1:]]},
    "an object": {"data": [{}, *ROW[1:]]},
    "an infinity": {"data": [float("inf"), *ROW[1:]]},
    "beyond float32": {"data": [1e39, *ROW[1:]]},
    "beyond any float": {"data": [10**400, *ROW[1:]]},
    "numbers and bytes": {"parameters": {"binary_data_size": 52}},
    "bytes that are not there": {"parameters": {"binary_data_size": 52}, "data": None},
    "shared memory": {"parameters": {"shared_memory_region": "a", "shared_memory_byte_size": 52}, "data": None},
    "an unknown key": {"dtype": "FP32"},
}


@pytest.fixture(scope="module")
def wine(trained):
    app = build_app(Settings(bundle=str(trained("wine").folder / "models/bundle"), max_instances=5))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("name", WRONG_TENSORS)
def test_a_tensor_is_refused(name, wine) -> None:
    response = infer(wine, {"inputs": [tensor(**WRONG_TENSORS[name])]})
    assert response.status_code == 422, response.text
    assert response.json()["field"].startswith(("inputs[0]", "body"))
    assert len(response.text) < 1000


WRONG_REQUESTS = {
    "nothing": b"",
    "a list": b"[]",
    "half an object": b'{"inputs": [',
    "lists without end": b"[" * 100_000,
    "digits without end": b'{"inputs": [{"name": "items", "shape": [%s]}]}' % (b"9" * 5000),
    "no inputs": {"inputs": []},
    "two inputs": {"inputs": [tensor(), tensor()]},
    "an input that is none": {"inputs": [5]},
    "an unknown key": {"inputs": [tensor()], "model": "wine"},
    "an id that is a number": {"inputs": [tensor()], "id": 5},
    "a parameter that is not known": {"inputs": [tensor()], "parameters": {"sequence_id": 1}},
    "an output that is not known": {"inputs": [tensor()], "outputs": [{"name": "logits"}]},
    "an output twice": {"inputs": [tensor()], "outputs": [{"name": "probabilities"}] * 2},
    "outputs without names": {"inputs": [tensor()], "outputs": [{}] * 1000},
    "outputs without end": {"inputs": [tensor()], "outputs": [{"name": "probabilities"}] * 1000},
    "a number for true": {"inputs": [tensor()], "parameters": {"binary_data_output": 1}},
}


@pytest.mark.parametrize("name", WRONG_REQUESTS)
def test_a_request_is_refused(name, wine) -> None:
    response = infer(wine, WRONG_REQUESTS[name])
    assert response.status_code == 422, response.text
    assert len(response.text) < 1000


@pytest.mark.parametrize("length", ["", "x", "-1", "1e2", "100000", "9" * 5000, "5", "0"])
def test_a_wrong_length_of_the_json_is_refused(length, wine) -> None:
    response = infer(wine, {"inputs": [tensor()]}, **{LENGTH: length})
    assert response.status_code == 422, response.text


@pytest.mark.parametrize(
    ("size", "sent"), [(52, 51), (52, 53), (48, 48), (104, 104), (0, 52), (52.0, 52), (10**30, 52)]
)
def test_bytes_that_are_not_those_of_the_shape_are_refused(size, sent, wine) -> None:
    given = tensor(parameters={"binary_data_size": size}, data=None)
    response = infer(wine, {"inputs": [given]}, bytes(sent))
    assert response.status_code == 422, response.text
    assert infer(wine, {"inputs": [tensor()]}, bytes(sent)).status_code == 422


def test_an_infinity_in_bytes_is_refused(wine) -> None:
    items = np.array([[*ROW[:5], np.inf, *ROW[6:]]], np.float32)
    given = tensor(parameters={"binary_data_size": 52}, data=None)
    response = infer(wine, {"inputs": [given]}, items.tobytes())
    assert response.status_code == 422
    assert response.json()["error"] == "inputs[0].data: number 5 is inf; expected finite numbers; NaN is missing"


def test_health_needs_no_key(serve) -> None:
    client = serve("wine", api_key="secret")
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    assert [client.get(path).status_code for path in ("/v2", "/v2/models/wine", "/v2/models/wine/ready")] == [401] * 3
    assert infer(client, {"inputs": [tensor()]}).status_code == 401


def test_the_example_of_the_documentation_is_answered(wine) -> None:
    post = wine.get("/openapi.json").json()["paths"]["/v2/models/{name}/infer"]["post"]
    assert post["parameters"][0]["schema"]["enum"] == ["wine"]
    response = infer(wine, post["requestBody"]["content"]["application/json"]["example"])
    assert response.status_code == 200
    assert values(response).sum() == pytest.approx(1)
