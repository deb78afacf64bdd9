"""Curves beside the ROC, as tables that DVC draws."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve

# Enough points for a smooth curve, few enough to diff.
_POINTS = 200


def precision_recall(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], classes: Sequence[str]
) -> pd.DataFrame:
    """Return the precision-recall curve of each class against the rest: columns class, recall, precision.

    Takes int64 [N], in which every class occurs, and [N, classes]. A curve goes from the highest threshold, of
    recall 0 and, by convention, precision 1, to the lowest, which all examples reach.
    """
    curves = []
    for number, name in enumerate(classes):
        precision, recall, _ = precision_recall_curve(labels == number, probabilities[:, number])
        kept = np.unique(np.linspace(0, len(recall) - 1, min(len(recall), _POINTS)).round().astype(int))[::-1]
        curves.append(pd.DataFrame({"class": name, "recall": recall[kept], "precision": precision[kept]}))
    return pd.concat(curves)
