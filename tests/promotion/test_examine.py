"""The gate, for each version that there can be before."""

import pytest

from reprise.bundle import Bundle, read_bundle
from reprise.params import Rule
from reprise.promotion.examine import Examination, Previous, _gate
from reprise.promotion.fetch import FetchError
from reprise.promotion.tags import Version

BEFORE = Version("model#prod#1", "model", "v1.0.0", "prod", "0" * 40, "models/bundle")
RULE = Rule(metric="accuracy", better="higher", absolute=0.03)


@pytest.fixture
def bundle(finished) -> Bundle:
    return read_bundle(finished.folder / "models/bundle")


def asked(bundle: Bundle, previous: Previous, *rules: Rule) -> tuple[bool | None, str]:
    done = Examination()
    _gate(bundle, previous, "prod", rules, done)
    (check,) = done.checks
    assert check.name == "gate"
    assert done.failed == (["gate"] if check.passed is False else [])
    return check.passed, check.found


def test_a_version_that_cannot_be_fetched_is_no_reason_to_pass(bundle: Bundle) -> None:
    error = FetchError("models/bundle of v1.0.0", "neither here nor there", "one that was pushed")
    expected = (False, "models/bundle of v1.0.0: neither here nor there")
    assert asked(bundle, Previous(BEFORE, error=error), RULE) == expected


def test_the_first_version_needs_the_metrics_that_the_rules_name(bundle: Bundle) -> None:
    assert asked(bundle, Previous(None), RULE) == (None, "nothing broken, the first version in prod")
    typo = RULE.model_copy(update={"metric": "acuracy"})
    assert asked(bundle, Previous(None), RULE, typo) == (False, "acuracy broken, the first version in prod")


def test_a_version_is_as_good_as_the_one_before_within_tolerance(bundle: Bundle) -> None:
    for accuracy, passed in ((1.0, True), (0.98, True), (0.96, False)):
        now = bundle.model_copy(update={"metrics": {"accuracy": accuracy}})
        found = f"{'nothing' if passed else 'accuracy'} broken, against v1.0.0, which is in prod"
        assert asked(now, Previous(BEFORE, bundle), RULE) == (passed, found)


def test_another_task_is_not_compared(bundle: Bundle) -> None:
    other = bundle.model_copy(update={"task": "grapes"})
    passed, found = asked(bundle, Previous(BEFORE, other), RULE)
    assert (passed, found) == (None, "v1.0.0 is of another task, grapes: not compared")
