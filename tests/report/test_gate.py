import math

import pytest

from reprise.params import Rule
from reprise.report.gate import judge, summary, verdict_table


def rule(better: str = "higher", **others) -> Rule:
    return Rule.model_validate({"metric": "accuracy", "better": better, **others})


def judged(given: Rule, before: float | None, after: float | None):
    sides = [{} if value is None else {"accuracy": value} for value in (before, after)]
    (verdict,) = judge([given], *sides)
    return verdict


@pytest.mark.parametrize(
    ("given", "before", "after", "broken"),
    [
        (rule(), 0.9, 0.9, False),
        (rule(), 0.9, 0.95, False),
        (rule(), 0.9, 0.89999, True),
        (rule(absolute=0.25), 0.75, 0.5, False),
        (rule(absolute=0.25), 0.75, 0.4999, True),
        (rule(relative=0.5), 0.75, 0.375, False),
        (rule(relative=0.5), 0.75, 0.374, True),
        # The larger one of the two counts, not their sum.
        (rule(absolute=0.25, relative=0.5), 0.75, 0.375, False),
        (rule(absolute=0.25, relative=0.5), 0.75, 0.37, True),
        (rule("lower"), 0.5, 0.4, False),
        (rule("lower"), 0.5, 0.51, True),
        (rule("lower", absolute=0.25), 0.5, 0.75, False),
        (rule("lower", relative=0.5), 0.5, 0.76, True),
        # A share of a negative value is a share of its size.
        (rule(relative=0.5), -1.0, -1.5, False),
        (rule(relative=0.5), -1.0, -1.6, True),
    ],
)
def test_a_metric_may_get_worse_by_so_much(given: Rule, before: float, after: float, broken: bool) -> None:
    assert judged(given, before, after).broken is broken


@pytest.mark.parametrize(("missing", "broken"), [("fail", True), ("pass", False)])
@pytest.mark.parametrize(("before", "after", "told"), [(0.9, None, "now"), (None, 0.9, "before")])
def test_a_missing_metric_means_what_the_rule_says(missing, broken, before, after, told) -> None:
    verdict = judged(rule(missing=missing), before, after)
    assert verdict.broken is broken
    assert verdict.reason == f"no such metric {told}"


def test_a_typo_in_a_rule_is_told() -> None:
    (verdict,) = judge([Rule(metric="acuracy", better="higher")], {"accuracy": 1.0}, {"accuracy": 1.0})
    assert verdict.broken
    assert verdict.reason == "no such metric before nor now; did you mean accuracy?"


def test_the_first_of_its_kind_has_nothing_to_compare_with() -> None:
    there, absent = judge([rule(), Rule(metric="f1", better="higher")], None, {"accuracy": 0.1})
    assert (there.broken, there.reason) == (False, "nothing to compare with")
    assert (absent.broken, absent.reason) == (True, "no such metric now")


@pytest.mark.parametrize(("before", "after", "told"), [(1.0, math.nan, "now"), (math.inf, 0.5, "before")])
def test_what_is_no_number_is_missing(before: float, after: float, told: str) -> None:
    verdict = judged(rule(), before, after)
    assert verdict.broken
    assert verdict.reason == f"no such metric {told}"


def test_a_line_says_what_was_compared() -> None:
    lenient = Rule(metric="f1", better="higher", missing="pass")
    same = {"accuracy": 1.0}
    assert summary(judge([rule()], same, same)) == "✅ 1 rule holds"
    assert summary(judge([rule(), rule("lower")], same, same)) == "✅ 2 rules hold"
    assert summary(judge([rule(), lenient], same, same)) == "✅ 1 of 2 rules hold, of the others a metric is missing"
    assert summary(judge([rule(), lenient], same, {"accuracy": 0.5})) == "❌ 1 of 2 rules broken"
    assert summary(judge([rule(), rule("lower")], None, same)) == "⚪ nothing to compare with"
    assert summary(judge([lenient], same, same)) == "⚪ nothing to compare with"


def test_the_table_begins_with_what_is_broken() -> None:
    rules = [rule(), Rule(metric="a|b", better="lower", absolute=0.1)]
    lines = verdict_table(judge(rules, {"accuracy": 0.5, "a|b": 0.5}, {"accuracy": 0.625, "a|b": 0.75})).splitlines()
    assert lines[2] == r"| ❌ | a\|b | 0.5 | 0.75 | +0.25 | ≤ 0.6 | worse than allowed |"
    assert lines[3] == "| ✅ | accuracy | 0.5 | 0.625 | +0.125 | ≥ 0.5 |  |"
