import numpy as np
import pytest

from reprise.evaluation.curves import precision_recall


def test_by_hand() -> None:
    labels, second = np.array([0, 1, 1, 0]), np.array([0.3, 0.2, 0.9, 0.6])
    table = precision_recall(labels, np.stack([1 - second, second], axis=1), ("cat", "dog"))
    assert table.columns.tolist() == ["class", "recall", "precision"]
    dog = table[table["class"] == "dog"]
    assert dog["recall"].tolist() == [0, 0.5, 0.5, 0.5, 1]
    assert dog["precision"].tolist() == pytest.approx([1, 1, 1 / 2, 1 / 3, 1 / 2])


def test_each_class_has_few_points_from_end_to_end() -> None:
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 3, 6000)
    table = precision_recall(labels, draw.dirichlet([1, 1, 1], 6000), ("a", "b", "c"))
    assert table["class"].unique().tolist() == ["a", "b", "c"]
    for number, (_, curve) in enumerate(table.groupby("class")):
        assert len(curve) == 200
        assert curve[["recall", "precision"]].iloc[0].tolist() == [0, 1]
        assert curve[["recall", "precision"]].iloc[-1].tolist() == [1, np.mean(labels == number)]
        assert (curve["recall"].diff().dropna() >= 0).all()


def test_perfect_answers_have_precision_1_until_all_are_found() -> None:
    labels = np.array([0, 1, 2, 1])
    table = precision_recall(labels, np.eye(3)[labels], ("a", "b", "c"))
    for _, curve in table.groupby("class"):
        assert curve.loc[curve["recall"] < 1, "precision"].eq(1).all()
        assert [1, 1] in curve[["recall", "precision"]].to_numpy().tolist()
