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


def mistakes(
    index: pd.DataFrame, probabilities: NDArray[np.float64], classes: Sequence[str], most: int
) -> pd.DataFrame:
    """Return the worst mistakes, the surest first: columns file, row, group, actual, predicted, probability.

    `index` is that of the store for these examples; `probability` is what was given to the wrong class.
    """
    names = np.array(classes)
    predicted = probabilities.argmax(axis=1)
    table = index[["file", "row", "group"]].assign(
        actual=names[index["label"].to_numpy()],
        predicted=names[predicted],
        probability=probabilities.max(axis=1),
    )
    wrong: pd.DataFrame = table[predicted != index["label"].to_numpy()]
    return wrong.sort_values("probability", ascending=False, kind="stable").head(most)
