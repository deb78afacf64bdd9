"""The gate, for each version that there can be before."""

from pathlib import Path

import pytest

from reprise.bundle import Bundle, read_bundle
from reprise.params import Rule
from reprise.promotion.examine import Examination, Previous, _gate
from reprise.promotion.fetch import FetchError
from reprise.promotion.tags import Version

BEFORE = Version("model#prod#1", "model", "v1.0.0", "prod", "0" * 40, "models/bundle")
RULE = Rule(metric="accuracy", better="higher", absolute=0.03)


@pytest.fixture
def card(bundle: Path) -> Bundle:
    return read_bundle(bundle).model_copy(update={"metrics": {"accuracy": 1.0}})


def asked(card: Bundle, previous: Previous, *rules: Rule) -> tuple[bool | None, str]:
    done = Examination()
    _gate(card, previous, "prod", rules, done)
    (check,) = done.checks
    assert check.name == "gate"
    assert done.failed == (["gate"] if check.passed is False else [])
    return check.passed, check.found


def test_a_version_that_cannot_be_fetched_is_no_reason_to_pass(card: Bundle) -> None:
    error = FetchError("models/bundle of v1.0.0", "neither here nor there", "one that was pushed")
    expected = (False, "models/bundle of v1.0.0: neither here nor there")
    assert asked(card, Previous(BEFORE, error=error), RULE) == expected


def test_the_first_version_needs_the_metrics_that_the_rules_name(card: Bundle) -> None:
    assert asked(card, Previous(None), RULE) == (None, "nothing broken, the first version in prod")
    typo = RULE.model_copy(update={"metric": "acuracy"})
    assert asked(card, Previous(None), RULE, typo) == (False, "acuracy broken, the first version in prod")


def test_a_version_is_as_good_as_the_one_before_within_tolerance(card: Bundle) -> None:
    for accuracy, passed in ((1.0, True), (0.98, True), (0.96, False)):
        now = card.model_copy(update={"metrics": {"accuracy": accuracy}})
        found = f"{'nothing' if passed else 'accuracy'} broken, against v1.0.0, which is in prod"
        assert asked(now, Previous(BEFORE, card), RULE) == (passed, found)


def test_another_task_is_not_compared(card: Bundle) -> None:
    other = card.model_copy(update={"task": "grapes"})
    passed, found = asked(card, Previous(BEFORE, other), RULE)
    assert (passed, found) == (None, "v1.0.0 is of another task, grapes: not compared")
