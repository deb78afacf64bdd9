"""The evaluation as tables, which DVC draws or people read."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from reprise.evaluation.metrics import calibration_bins

# Enough points for a smooth curve, few enough to diff.
_POINTS = 200


def confusion(labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: Sequence[str]) -> pd.DataFrame:
    """Return one row an example: columns actual, predicted."""
    names = np.array(classes)
    return pd.DataFrame({"actual": names[labels], "predicted": names[predicted]})


def roc(labels: NDArray[np.int64], probabilities: NDArray[np.float64], classes: Sequence[str]) -> pd.DataFrame:
    """Return the ROC curve of each class against the rest: columns class, fpr, tpr."""
    curves = []
    for number, name in enumerate(classes):
        fpr, tpr, _ = roc_curve(labels == number, probabilities[:, number])
        kept = np.unique(np.linspace(0, len(fpr) - 1, min(len(fpr), _POINTS)).round().astype(int))
        curves.append(pd.DataFrame({"class": name, "fpr": fpr[kept], "tpr": tpr[kept]}))
    return pd.concat(curves)


def calibration(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> pd.DataFrame:
    """Return how often predictions of a confidence are right: columns confidence, accuracy, count."""
    return pd.DataFrame(calibration_bins(labels, probabilities), columns=["confidence", "accuracy", "count"])


def recall(labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: Sequence[str]) -> pd.DataFrame:
    """Return which share of each class is found, the least first: columns class, recall, count."""
    counts = np.bincount(labels, minlength=len(classes))
    right = np.bincount(labels[predicted == labels], minlength=len(classes))
    table = pd.DataFrame({"class": list(classes), "recall": right / counts, "count": counts})
    return table.sort_values("recall", kind="stable")


def mistakes(
    index: pd.DataFrame,
    probabilities: NDArray[np.float64],
    predicted: NDArray[np.int64],
    classes: Sequence[str],
    most: int,
) -> pd.DataFrame:
    """Return the worst mistakes, the surest first: columns file, row, clip, group, actual, predicted, probability.

    `index` is that of the store for these examples, and the table's index is the places in it; `probability` is
    what was given to the wrong class.
    """
    names, labels = np.array(classes), index["label"].to_numpy(np.int64)
    table = index[["file", "row", "clip", "group"]].assign(
        actual=names[labels],
        predicted=names[predicted],
        probability=probabilities[np.arange(len(index)), predicted],
    )
    wrong: pd.DataFrame = table.reset_index(drop=True)[predicted != labels]
    return wrong.sort_values("probability", ascending=False, kind="stable").head(most)
