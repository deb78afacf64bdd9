"""What schemathesis makes of the documentation: no 5xx, and every answer is one that it tells of."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import positive_data_acceptance

# That some bytes are a picture, or that a list is as long as a shape says, can be told by no schema.
_UNTOLD = {"wine": ("/v2/",), "hotdog": ("/v2/", "/predict", "/representations")}


def ask(operation, mode: GenerationMode, untold: tuple[str, ...], count: int) -> set[int]:
    """Send `count` requests that fit the documentation, or that do not, and return the statuses of the answers."""
    excluded = [positive_data_acceptance] if operation.path.startswith(untold) else []
    statuses = set()

    @seed(0)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def send(case) -> None:
        statuses.add(case.call_and_validate(excluded_checks=excluded).status_code)

    send()
    return statuses


@pytest.mark.long
@pytest.mark.parametrize("task", _UNTOLD)
def test_every_answer_is_as_documented(task, serve) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", serve(task).app)
    for operation in [found.ok() for found in schema.get_all_operations()]:
        statuses = ask(operation, GenerationMode.POSITIVE, _UNTOLD[task], 10)
        if not operation.path.startswith(_UNTOLD[task]):
            assert statuses == {200}, operation.label
        if operation.body or operation.path_parameters or operation.query:
            # schemathesis tells what was wrong, and was answered all the same, from what became right on the way.
            assert max(ask(operation, GenerationMode.NEGATIVE, _UNTOLD[task], 10)) >= 400


@pytest.mark.parametrize("task", _UNTOLD)
def test_only_our_form_of_errors_is_documented(task, serve) -> None:
    document = serve(task).get("/openapi.json").json()
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for methods in document["paths"].values():
        for operation in methods.values():
            told = {status: answer for status, answer in operation["responses"].items() if status != "200"}
            for answer in told.values():
                assert answer["content"] == {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
