import numpy as np
import pytest

from reprise.answers import decide, pool

GROUPS = np.array([0, 1, 0, 1, 0, 2])
SCORES = np.array([0.9, 0.4, 0.6, 0.2, 0.1, 0.5])
TWO = np.stack([1 - SCORES, SCORES], axis=1).astype(np.float32)
THREE = np.array([[0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.1, 0.8, 0.1], [0.1, 0.3, 0.6], [0.2, 0.7, 0.1], [0, 0, 1]])


@pytest.mark.parametrize(
    ("how", "threshold", "expected"),
    [
        ("max", 0.5, [0.9, 0.4, 0.5]),
        ("mean", 0.5, [1.6 / 3, 0.3, 0.5]),
        ("ratio", 0.5, [2 / 3, 0, 1]),
        ("ratio", 0.15, [2 / 3, 1, 1]),
        ("ratio", None, [2 / 3, 0, 0]),  # a tie goes to the first class
    ],
)
def test_two_classes(how, threshold, expected) -> None:
    found = pool(TWO, GROUPS, how, 1, threshold)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found[:, 1], expected, atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=0, atol=0)


@pytest.mark.parametrize("how", ["max", "mean", "ratio"])
def test_the_first_class_may_be_the_positive_one(how) -> None:
    found = pool(TWO[:, ::-1], GROUPS, how, 0, 0.45)
    expected = pool(TWO, GROUPS, how, 1, 0.45)
    np.testing.assert_array_equal(found[:, ::-1], expected)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("max", [[5 / 15, 8 / 15, 2 / 15], [2 / 11, 3 / 11, 6 / 11], [0, 0, 1]]),
        ("mean", [[0.8 / 3, 0.6, 0.4 / 3], [0.15, 0.25, 0.6], [0, 0, 1]]),
        ("ratio", [[1 / 3, 2 / 3, 0], [0, 0, 1], [0, 0, 1]]),
    ],
)
def test_more_classes(how, expected) -> None:
    found = pool(THREE, GROUPS, how, 1, None)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_group_of_one_keeps_its_probabilities() -> None:
    probabilities = TWO.astype(np.float64)
    probabilities[:, 0] = 1 - probabilities[:, 1]
    for how in ("max", "mean"):
        np.testing.assert_array_equal(pool(probabilities, np.arange(6), how, 1, 0.5), probabilities)


def test_decisions() -> None:
    probabilities = np.array([[0.8, 0.2], [0.5, 0.5], [0.3, 0.7]])
    assert decide(probabilities, None, 1).tolist() == [0, 0, 1]
    assert decide(probabilities, 0.5, 1).tolist() == [0, 1, 1]
    assert decide(probabilities, 0.6, 1).tolist() == [0, 0, 1]
    assert decide(probabilities, 0.6, 0).tolist() == [0, 1, 1]
    assert decide(np.array([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4]]), None, 1).tolist() == [1, 0]
    for threshold in (None, 0.5):
        assert decide(probabilities.astype(np.float32), threshold, 1).dtype == np.int64
