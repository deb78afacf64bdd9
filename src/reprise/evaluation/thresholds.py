"""The threshold from which one of two classes is answered."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray


def choose_threshold(
    labels: NDArray[np.bool_],
    scores: NDArray[np.floating[Any]],
    by: Literal["f1", "precision", "recall"],
    at_least: float,
) -> float:
    """Choose, on a validation set, the threshold that a score must reach for a decision to be positive.

    Takes which examples are positive, [N], at least one of them, and the probability given to that class, [N].
    By `f1`, the threshold of greatest F1, nearest to 0.5 where several are. By `precision`, the lowest of
    precision `at_least`, or of the greatest precision that any reaches. By `recall`, the highest of recall
    `at_least`, or of the greatest that any reaches.

    A threshold is the midpoint between two neighbouring scores, or between one and 0 or 1; so it is above 0,
    below 1 and equal to no score (but to the upper of two that leave no number between them). Do not round it:
    scores may be closer than that.
    """
    thresholds, hits, positives = _cuts(labels, scores.astype(np.float64))
    if by == "f1":
        f1 = 2 * hits / (positives + labels.sum())
        best = thresholds[f1 == f1.max()]
        return float(best[np.abs(best - 0.5).argmin()])
    if by == "precision":
        precision = hits / np.maximum(positives, 1)
        return float(thresholds[precision >= min(at_least, precision.max())][-1])
    recall = hits / labels.sum()
    return float(thresholds[recall >= min(at_least, recall.max())][0])


def _cuts(
    labels: NDArray[np.bool_], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return every threshold that matters, the highest first, with how many it makes positive: rightly, and at all."""
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    last = np.flatnonzero(np.append(np.diff(falling) < 0, True))
    edges = np.concatenate([[1.0], falling[last], [0.0]])
    upper, lower = edges[:-1], edges[1:]
    middle = (upper + lower) / 2
    thresholds = np.where(middle > lower, middle, upper)
    hits = np.append(0, labels[order].cumsum()[last])
    positives = np.append(0, last + 1)
    inside = (thresholds > 0) & (thresholds < 1)
    return thresholds[inside], hits[inside], positives[inside]
