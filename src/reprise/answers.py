"""From probabilities to answers: the same for evaluation and for the server."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Pool = Literal["max", "mean", "ratio"]
Probabilities = NDArray[np.floating[Any]]


def decide(probabilities: Probabilities, threshold: float | None, positive: int) -> NDArray[np.int64]:
    """Return the number of the class decided on, [N], for probabilities [N, classes].

    With a threshold, that of two classes, it is `positive` where that class has at least this probability.
    Without, it is the likeliest class, the first of several.
    """
    if threshold is None:
        return np.asarray(probabilities.argmax(axis=1), np.int64)
    # numpy would round the threshold to float32, and so onto a score.
    reached = probabilities[:, positive].astype(np.float64) >= threshold
    found: NDArray[np.int64] = np.where(reached, positive, 1 - positive).astype(np.int64)
    return found


def pool(
    probabilities: Probabilities, numbers: NDArray[np.int64], how: Pool, positive: int, threshold: float | None
) -> NDArray[np.float64]:
    """Return the probabilities [groups, classes] of groups of items.

    Takes the probabilities of the items, [N, classes], and the number of each one's group, [N], none left out. Of
    two classes, that of `positive` is the greatest or the mean of its items' (`max`, `mean`), or the share of its
    items that `threshold` makes positive (`ratio`), and the other is what is left to 1. Of more, each class has
    the mean of its items', or the greatest, divided so that they sum to 1, or its share of the items' votes.
    """
    count, classes = int(numbers.max()) + 1, probabilities.shape[1]
    values = probabilities.astype(np.float64)
    if how == "ratio":
        values = np.eye(classes)[decide(probabilities, threshold, positive)]
    found = np.zeros((count, classes))
    if how == "max":
        np.maximum.at(found, numbers, values)
    else:
        np.add.at(found, numbers, values)
        found /= np.bincount(numbers, minlength=count)[:, None]
    if classes == 2:
        found[:, 1 - positive] = 1 - found[:, positive]
    pooled: NDArray[np.float64] = found / found.sum(axis=1, keepdims=True)
    return pooled
