import pytest

from reprise.params import Rule
from reprise.report.metrics import Change, direction, section

EVALUATE = "reports/evaluate/metrics.json"


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("accuracy", "higher"),
        ("cv_accuracy_mean", "higher"),
        ("cv_accuracy_std", None),
        ("roc_auc", "higher"),
        ("val.loss", "lower"),
        ("calibration_error", "lower"),
        ("threshold", None),
        ("precision_threshold", None),
        ("best_epoch", None),
        ("count.train.accuracy boost", None),
    ],
)
def test_the_name_of_a_metric_says_which_way_is_better(name: str, better: str | None) -> None:
    assert direction(name, []) == better


def test_a_rule_of_the_gate_says_more_than_the_name() -> None:
    assert direction("best_epoch", [Rule(metric="best_epoch", better="lower")]) == "lower"


@pytest.mark.parametrize(
    ("before", "after", "better", "mark"),
    [
        (0.5, 0.6, "higher", "🟢 better"),
        (0.5, 0.4, "higher", "🔴 worse"),
        (0.5, 0.4, "lower", "🟢 better"),
        (0.5, 0.6, "lower", "🔴 worse"),
        (0.5, 0.5, "lower", ""),
        (0.5, 0.6, None, ""),
        (None, 0.6, "higher", ""),
    ],
)
def test_a_change_is_better_or_worse(before, after, better, mark) -> None:
    assert Change("m", before, after, better).mark == mark


def test_what_is_missing_on_a_side_is_said() -> None:
    found = {EVALUATE: [Change("f1", None, 0.5, "higher"), Change("recall", 0.25, None, "higher")]}
    text = section(found, comparable=True)
    assert "| f1 | none | 0.5 |  | new: not there before |" in text
    assert "| recall | 0.25 | none |  | gone: not there now |" in text
    assert "evaluate has not run" in section({}, comparable=True)
    assert "|" not in section({}, comparable=True)


def test_metrics_of_two_tasks_are_not_judged() -> None:
    text = section({EVALUATE: [Change("f1", 0.25, 0.5, "higher")]}, comparable=False)
    assert "better" not in text
    assert "| f1 | 0.25 | 0.5 | +0.25 |" in text
