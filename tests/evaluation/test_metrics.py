import numpy as np
import pytest

from reprise.evaluation.metrics import (
    calibration_bins,
    calibration_error,
    classification_metrics,
    metrics_of_positive,
)


def test_perfect_and_sure() -> None:
    labels = np.array([0, 1, 2, 1])
    assert classification_metrics(labels, np.eye(3)[labels], labels) == pytest.approx(
        {
            "accuracy": 1,
            "balanced_accuracy": 1,
            "macro_f1": 1,
            "log_loss": 0,
            "roc_auc": 1,
            "calibration_error": 0,
        },
        abs=1e-9,
    )


def test_two_classes_by_hand() -> None:
    labels = np.array([0, 0, 0, 1])
    second = np.array([0.1, 0.6, 0.2, 0.5])
    probabilities = np.stack([1 - second, second], axis=1)
    found = classification_metrics(labels, probabilities, probabilities.argmax(axis=1))
    assert found["accuracy"] == 0.5  # a tie of 0.5 goes to the first class
    assert found["balanced_accuracy"] == pytest.approx((2 / 3 + 0) / 2)
    assert found["macro_f1"] == pytest.approx((2 * 2 / (2 * 2 + 1 + 1) + 0) / 2)
    assert found["roc_auc"] == pytest.approx(2 / 3)
    assert found["log_loss"] == pytest.approx(-np.log([0.9, 0.4, 0.8, 0.5]).mean())


def test_calibration_by_hand() -> None:
    labels = np.array([0, 0, 1, 1])
    first = np.array([0.95, 0.92, 0.91, 0.65])
    probabilities = np.stack([first, 1 - first], axis=1)
    bins = calibration_bins(labels, probabilities)
    assert bins == [(0.65, 0.0, 1), (pytest.approx(0.926667, abs=1e-6), pytest.approx(2 / 3), 3)]
    expected = (0.65 + 3 * abs(2 / 3 - (0.95 + 0.92 + 0.91) / 3)) / 4
    assert calibration_error(labels, probabilities) == pytest.approx(expected)


def test_calibrated_predictions_have_no_error() -> None:
    draw = np.random.default_rng(0)
    second = draw.random(100_000)
    labels = (draw.random(100_000) < second).astype(np.int64)
    assert calibration_error(labels, np.stack([1 - second, second], axis=1)) < 0.01


def test_the_positive_class_by_hand() -> None:
    labels, predicted = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 0, 0, 1])
    assert metrics_of_positive(labels, predicted, 0) == pytest.approx(
        {"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3}
    )
    assert metrics_of_positive(labels, predicted, 1) == pytest.approx({"precision": 0.5, "recall": 0.5, "f1": 0.5})
