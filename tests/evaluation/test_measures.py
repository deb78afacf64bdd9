"""Robustness, importance and cross-validation, on a network whose answers are known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from reprise.blocks import Evaluate
from reprise.datasets.store import Store, Subset
from reprise.errors import ParamsError
from reprise.evaluation.cross_validation import cross_validate
from reprise.evaluation.importance import importance
from reprise.evaluation.robustness import robustness

DRAW = np.random.default_rng(0)
ITEMS = DRAW.normal(size=(90, 3)).astype(np.float32)
LABELS = (ITEMS[:, 1] > 0).astype(np.int64)
TRAIN, TEST = Subset(ITEMS[:50], LABELS[:50]), Subset(ITEMS[50:], LABELS[50:])


class SecondFeature:
    """Looks at the second of three features alone."""

    layers: tuple[str, ...] = ()

    def probabilities(self, items):
        second = 1 / (1 + np.exp(-4 * np.nan_to_num(np.asarray(items)[:, 1].astype(np.float64))))
        return np.stack([1 - second, second], axis=1).astype(np.float32)

    def representations(self, items):
        raise AssertionError

    def tensors(self):
        raise AssertionError

    def graph(self):
        raise AssertionError


def most_probable(probabilities):
    return probabilities.argmax(axis=1)


def test_robustness_falls_as_corruption_grows() -> None:
    table = robustness(SecondFeature(), most_probable, "tabular", TEST, TRAIN, seed=0)
    for name in ("noise", "missing"):
        accuracy = table.loc[table["corruption"] == name, "accuracy"].to_numpy()
        assert len(accuracy) == 6
        assert accuracy[0] == 1
        assert accuracy[-1] < accuracy[1] <= 1
    assert robustness(SecondFeature(), most_probable, "tabular", TEST, TRAIN, seed=0).equals(table)


def test_importance_is_that_of_the_only_feature_looked_at() -> None:
    table = importance(SecondFeature(), TRAIN, TEST, ("a", "b", "c"), seed=0)
    assert table["feature"].iloc[0] == "b"
    assert table["importance"].iloc[0] > 0.3
    assert table["importance"].iloc[1:].abs().max() < 1e-6


def store(groups: list[str]) -> Store:
    index = pd.DataFrame({"label": LABELS, "group": groups, "split": ["train"] * 90})
    return Store(ITEMS, ITEMS, index, SimpleNamespace(classes=("a", "b")))


def test_cross_validation_tests_everything_once_and_splits_no_group() -> None:
    groups = [str(row // 3) for row in range(90)]
    of_row = {ITEMS[row].tobytes(): groups[row] for row in range(90)}
    sizes = []

    def fit(train: Subset, val: Subset) -> SecondFeature:
        inside, outside = ({of_row[item.tobytes()] for item in np.asarray(part.items)} for part in (train, val))
        assert not inside & outside
        assert 0.1 < len(val) / (len(train) + len(val)) < 0.3
        sizes.append(90 - len(train) - len(val))
        return SecondFeature()

    folds, summary = cross_validate(fit, store(groups), 0.2, 5, seed=0, settings=Evaluate())
    assert sum(sizes) == 90
    assert folds["fold"].tolist() == [1, 2, 3, 4, 5]
    # The threshold of a fold is chosen on some twenty items: it lies near 0.5, where all would be right.
    assert all(summary[name] > 0.95 for name in ("cv_accuracy_mean", "cv_precision", "cv_recall", "cv_f1"))
    assert summary["cv_accuracy_std"] < 0.04


def test_more_folds_than_groups() -> None:
    with pytest.raises(ParamsError, match=r"evaluate\.folds: 9; expected at most"):
        cross_validate(
            lambda train, val: SecondFeature(),
            store([str(row % 8) for row in range(90)]),
            0.2,
            9,
            seed=0,
            settings=Evaluate(),
        )
