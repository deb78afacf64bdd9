import json

import pytest
from conftest import Project

from reprise.errors import InputError
from reprise.report.side import Side
from reprise.sweep.metric import Metric, read_metric

EVALUATE = "reports/evaluate/metrics.json"


@pytest.fixture
def reports(project: Project) -> Project:
    (project.folder / "reports/train").mkdir(parents=True)
    found = {"best_epoch": 3, "val": {"loss": 0.5, "accuracy": 1}, "name": "x", "no": True}
    (project.folder / "reports/train/metrics.json").write_text(json.dumps(found))
    return project


def test_a_loss_is_to_be_small_and_an_accuracy_large(reports: Project) -> None:
    assert read_metric("val.loss", None).direction == "minimize"
    assert read_metric("val.accuracy", None).direction == "maximize"
    assert read_metric(f"{EVALUATE}:auc", "maximize") == Metric(EVALUATE, "auc", "maximize")


def test_only_what_is_measured_each_epoch_has_a_curve() -> None:
    curve = Metric("reports/train/metrics.json", "val.loss", "minimize").curve
    assert curve is not None
    assert curve.as_posix() == "reports/train/plots/metrics/val/loss.tsv"
    assert Metric("reports/train/metrics.json", "best_epoch", "minimize").curve is None
    assert Metric(EVALUATE, "log_loss", "minimize").curve is None


def test_the_value_is_the_one_in_the_file(reports: Project) -> None:
    assert read_metric("val.loss", None).of(Side("here", None)) == 0.5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("val.auc", "--direction: not given; expected minimize or maximize, whichever is better for val.auc"),
        ("val.los.loss", "no val.los.loss; expected one of loss, accuracy"),
        ("vall.loss", "no vall.loss; expected one of best_epoch, val, name, no"),
    ],
)
def test_a_metric_that_cannot_be_chosen_by_is_told(reports: Project, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_metric(text, None)


@pytest.mark.parametrize(
    ("file", "key", "said"),
    [
        ("reports/train/metrics.json", "name", "name: 'x'; expected a number"),
        ("reports/train/metrics.json", "no", "no: True; expected a number"),
        (EVALUATE, "auc", "no such file"),
    ],
)
def test_a_metric_that_is_no_number_is_told(reports: Project, file: str, key: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Metric(file, key, "minimize").of(Side("here", None))
