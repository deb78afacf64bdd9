import re

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

from reprise.errors import ArtifactError
from reprise.evaluation import tables
from reprise.report.markdown import number
from reprise.report.roc import section

from .given import Given, params, side

NOTHING = side("before")
GRID = np.linspace(0, 1, 21)


def scores(classes: int, skill: float, count: int = 150) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    draw = np.random.default_rng(classes)
    labels = np.arange(count) % classes
    found = draw.random((count, classes)) + skill * np.eye(classes)[labels]
    return labels, found / found.sum(axis=1, keepdims=True)


def evaluated(classes: int, skill: float, names: str = "abcdefghijklmnopqrst", **settings: object) -> Given:
    """What evaluate writes of random answers."""
    labels, found = scores(classes, skill)
    table = tables.roc(labels, found, list(names[:classes]))
    return side(roc=table.to_csv(index=False, float_format="%.6g"), params=params(evaluate=settings))


def lines(text: str) -> list[list[float]]:
    return [[float(value) for value in found.split(", ")] for found in re.findall(r"  line \[(.*)\]", text)]


def areas(text: str) -> dict[str, list[str]]:
    rows = [line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("| ")][2:]
    return {name: values for name, *values in rows}


def test_of_many_classes_the_curve_is_the_macro_average() -> None:
    text = section(evaluated(4, 0.1), evaluated(4, 0.5))
    labels, found = scores(4, 0.5)
    curves = [roc_curve(labels == one, found[:, one])[:2] for one in range(4)]
    expected = np.mean([np.interp(GRID, fpr, tpr) for fpr, tpr in curves], axis=0)
    chance, _, now = lines(text)
    assert now == pytest.approx(100 * expected, abs=0.06)
    assert chance == pytest.approx(100 * GRID)
    assert 'title "ROC: macro average"' in text
    assert "🟦 before: macro average 🟧 now: macro average" in text


def test_the_areas_are_those_of_the_metrics() -> None:
    found = areas(section(evaluated(4, 0.1), evaluated(4, 0.5)))
    for column, skill in ((0, 0.1), (1, 0.5)):
        labels, answers = scores(4, skill)
        mean = roc_auc_score(labels, answers, multi_class="ovr")
        assert float(found["mean over the classes"][column]) == pytest.approx(mean, abs=1e-4)
        for place, name in enumerate("abcd"):
            area = roc_auc_score(labels == place, answers[:, place])
            assert float(found[name][column]) == pytest.approx(area, abs=1e-4)
    assert float(found["a"][2]) == pytest.approx(float(found["a"][1]) - float(found["a"][0]), abs=1e-3)


def test_of_two_classes_it_is_the_positive_one() -> None:
    labels, found = scores(2, 0.3)
    for settings, place in (({}, 1), ({"positive": "a"}, 0), ({"positive": "gone"}, 1)):
        text = section(NOTHING, evaluated(2, 0.3, **settings))
        name = "ab"[place]
        fpr, tpr, _ = roc_curve(labels == place, found[:, place])
        assert lines(text)[1] == pytest.approx(100 * np.interp(GRID, fpr, tpr), abs=0.06)
        assert areas(text) == {name: ["none", number(roc_auc_score(labels == place, found[:, place])), ""]}
        assert f'title "ROC: {name}"' in text
        assert "There is no ROC curve before." in text


def test_curves_that_are_the_same_are_one_line() -> None:
    text = section(evaluated(3, 0.3), evaluated(3, 0.3))
    assert len(lines(text)) == 2
    assert "🟧 before and now: macro average" in text


def test_of_many_classes_those_that_changed_most_are_listed() -> None:
    found = areas(section(evaluated(20, 0.1), evaluated(20, 0.5)))
    assert len(found) == 1 + 12
    changes = [abs(float(values[2])) for values in list(found.values())[1:]]
    assert changes == sorted(changes, reverse=True)
    assert "8 more changed less" in section(evaluated(20, 0.1), evaluated(20, 0.5))


def test_classes_of_another_task_are_not_compared() -> None:
    text = section(evaluated(3, 0.1), evaluated(3, 0.3, names="xyz"))
    assert "No class of now was there before." in text
    assert len(lines(text)) == 2
    assert set(areas(text)) == {"mean over the classes", "x", "y", "z"}


def test_a_third_class_is_compared_by_class_and_not_by_mean() -> None:
    found = areas(section(evaluated(2, 0.3), evaluated(3, 0.3)))
    assert set(found) == {"a", "b", "c"}
    assert found["c"][0] == "none"


def test_a_damaged_curve_is_told() -> None:
    with pytest.raises(ArtifactError, match=r"roc.csv \(now\): tpr: nan; expected finite numbers"):
        section(NOTHING, side(roc="class,fpr,tpr\na,0,nan\n"))


def test_nothing_on_either_side_is_no_section() -> None:
    assert section(NOTHING, side(roc="class,fpr,tpr\n")) == ""
