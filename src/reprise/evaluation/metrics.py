"""The metrics that every task gets, from the true classes and the predicted probabilities."""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
)

CALIBRATION_BINS = 10


def classification_metrics(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], predicted: NDArray[np.int64]
) -> dict[str, float]:
    """Return accuracy, balanced accuracy, macro F1, log loss, ROC AUC and expected calibration error.

    Takes int64 [N], in which every class occurs, [N, classes], rows that sum to 1, and what was decided, int64 [N].
    The area under the ROC curve is that of the second class where there are two, else the mean over one class
    against the rest.
    """
    classes = np.arange(probabilities.shape[1])
    scores = probabilities[:, 1] if len(classes) == 2 else probabilities
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "balanced_accuracy": float(balanced_accuracy_score(labels, predicted)),
        "macro_f1": float(f1_score(labels, predicted, average="macro", labels=classes, zero_division=0)),
        "log_loss": float(log_loss(labels, probabilities, labels=classes)),
        "roc_auc": float(roc_auc_score(labels, scores, multi_class="ovr", labels=classes)),
        "calibration_error": calibration_error(labels, probabilities),
    }


def metrics_of_positive(labels: NDArray[np.int64], predicted: NDArray[np.int64], positive: int) -> dict[str, float]:
    """Return precision, recall and F1 of one of two classes."""
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels == positive, predicted == positive, average="binary", zero_division=0
    )
    return {"precision": float(precision), "recall": float(recall), "f1": float(f1)}


def calibration_bins(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> list[tuple[float, float, int]]:
    """Put the predictions in ten equal bins of confidence: (mean confidence, accuracy, count) of each that has any."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    place = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return [
        (float(confidence[chosen].mean()), float(right[chosen].mean()), int(chosen.sum()))
        for chosen in (place == number for number in range(CALIBRATION_BINS))
        if chosen.any()
    ]


def calibration_error(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """Return the expected calibration error (Guo et al. 2017, eq. 3): mean |accuracy - confidence|, weighed by bin."""
    bins = calibration_bins(labels, probabilities)
    return sum(count * abs(accuracy - confidence) for confidence, accuracy, count in bins) / len(labels)
