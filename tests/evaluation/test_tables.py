import numpy as np
import pandas as pd

from reprise.evaluation import tables

CLASSES = ("cat", "dog")
LABELS = np.array([0, 1, 1, 0])
SECOND = np.array([0.3, 0.2, 0.9, 0.6])
PROBABILITIES = np.stack([1 - SECOND, SECOND], axis=1)


def test_confusion_is_one_row_an_example() -> None:
    table = tables.confusion(LABELS, PROBABILITIES.argmax(1), CLASSES)
    assert table.to_numpy().tolist() == [["cat", "cat"], ["dog", "cat"], ["dog", "dog"], ["cat", "dog"]]


def test_mistakes_are_the_surest_first() -> None:
    index = pd.DataFrame({"file": list("wxyz"), "row": [1, 2, 3, 4], "clip": 0, "group": list("abcd"), "label": LABELS})
    index.index = [10, 11, 12, 13]
    predicted = PROBABILITIES.argmax(axis=1)
    table = tables.mistakes(index, PROBABILITIES, predicted, CLASSES, most=5)
    assert table.to_numpy().tolist() == [["x", 2, 0, "b", "dog", "cat", 0.8], ["z", 4, 0, "d", "cat", "dog", 0.6]]
    assert table.index.tolist() == [1, 3]
    assert tables.mistakes(index, PROBABILITIES, predicted, CLASSES, most=1)["file"].tolist() == ["x"]


def test_recall_of_each_class_the_least_first() -> None:
    table = tables.recall(LABELS, np.array([0, 0, 0, 0]), CLASSES)
    assert table.to_numpy().tolist() == [["dog", 0, 2], ["cat", 1, 2]]


def test_roc_goes_from_corner_to_corner_in_few_points() -> None:
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 2, 5000)
    second = draw.random(5000)
    table = tables.roc(labels, np.stack([1 - second, second], axis=1), CLASSES)
    for _, curve in table.groupby("class"):
        assert len(curve) <= 200
        assert curve[["fpr", "tpr"]].to_numpy()[[0, -1]].tolist() == [[0, 0], [1, 1]]
        assert (curve["fpr"].diff().dropna() >= 0).all()


def test_calibration_counts_everything() -> None:
    assert tables.calibration(LABELS, PROBABILITIES)["count"].sum() == 4
