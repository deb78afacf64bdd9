import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from reprise.answers import decide
from reprise.evaluation.thresholds import choose_threshold

# By falling score: right, wrong, right, right, wrong, wrong, right, wrong.
LABELS = np.array([True, False, True, True, False, False, True, False])
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1])


def both(scores):
    return np.stack([1 - scores, scores], axis=1)


@pytest.mark.parametrize(
    ("by", "at_least", "expected"),
    [
        ("f1", 0.9, 0.5),  # 3 of 4 found, 3 of 4 right
        ("precision", 0.7, 0.5),
        ("precision", 0.75, 0.5),
        ("precision", 0.76, 0.85),
        ("precision", 1.0, 0.85),
        ("recall", 0.25, 0.85),
        ("recall", 0.5, 0.65),
        ("recall", 0.51, 0.5),
        ("recall", 1.0, 0.15),
    ],
)
def test_by_hand(by, at_least, expected) -> None:
    assert choose_threshold(LABELS, SCORES, by, at_least) == pytest.approx(expected)


def test_a_precision_out_of_reach_gives_the_greatest_there_is() -> None:
    labels = np.array([False, True, True, False, False])
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.1])
    assert choose_threshold(labels, scores, "precision", 0.9) == pytest.approx(0.65)  # 2 of 3


def test_a_recall_out_of_reach_gives_the_greatest_there_is() -> None:
    # No threshold above 0 finds a score of 0.
    labels, scores = np.array([True, True, False, True]), np.array([0.9, 0.6, 0.3, 0.0])
    assert choose_threshold(labels, scores, "recall", 0.9) == pytest.approx(0.45)


def test_of_equal_f1_the_threshold_nearest_to_one_half() -> None:
    # 1 found with none wrong, and all 3 found with 6 wrong, both give 2 * 1 / (1 + 3) = 2 * 3 / (9 + 3).
    labels = np.array([True, False, False, False, False, False, False, True, True])
    near = np.array([0.6, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.1, 0.1])
    assert choose_threshold(labels, near, "f1", 0.9) == pytest.approx(0.45)
    assert choose_threshold(labels, near + 0.35, "f1", 0.9) == pytest.approx(0.225)


@pytest.mark.parametrize("by", ["f1", "precision", "recall"])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("digits", [1, 3])
def test_no_other_threshold_is_better(by, seed, digits) -> None:
    draw = np.random.default_rng(seed)
    labels = draw.random(60) < 0.4
    scores = np.clip(draw.normal(0.4 + 0.2 * labels, 0.2), 0, 1).round(digits).astype(np.float32)
    chosen = choose_threshold(labels, scores, by, 0.8)
    assert 0 < chosen < 1
    assert not np.isin(chosen, scores.astype(np.float64))

    def measures(threshold):
        decided = decide(both(scores.astype(np.float64)), threshold, 1)
        return [measure(labels, decided, zero_division=0) for measure in (f1_score, precision_score, recall_score)]

    f1, precision, recall = measures(chosen)
    distinct = np.unique([0, *scores.astype(np.float64), 1])
    others = (distinct[1:] + distinct[:-1]) / 2
    found = np.array([measures(threshold) for threshold in others])
    if by == "f1":
        assert f1 == found[:, 0].max()
    elif by == "precision":
        enough = found[:, 1] >= 0.8
        assert precision >= 0.8 if enough.any() else precision == found[:, 1].max()
        assert chosen == (others[enough] if enough.any() else others[found[:, 1] == precision]).min()
    else:
        assert recall >= 0.8
        assert chosen == others[found[:, 2] >= 0.8].max()


@pytest.mark.parametrize("by", ["f1", "precision", "recall"])
@pytest.mark.parametrize(
    "scores", [[0, 0, 0], [1, 1, 1], [1, 0, 1], [0, 1, 0], [0.5, 0.5, 0.5], [1, 1e-300, 1 - 2**-53]]
)
def test_extreme_scores_leave_the_threshold_inside(by, scores) -> None:
    assert 0 < choose_threshold(np.array([True, False, True]), np.array(scores, np.float64), by, 0.9) < 1


def test_neighbours_with_no_number_between_them_are_told_apart() -> None:
    for lower in (0.3, np.nextafter(0.3, 1)):
        scores = np.array([lower, np.nextafter(lower, 1)])
        threshold = choose_threshold(np.array([False, True]), scores, "f1", 0.9)
        assert decide(both(scores), threshold, 1).tolist() == [0, 1]
    narrow = np.array([0.3, np.nextafter(np.float32(0.3), np.float32(1))], np.float32)
    threshold = choose_threshold(np.array([False, True]), narrow, "f1", 0.9)
    assert decide(both(narrow), threshold, 1).tolist() == [0, 1]


def test_many_scores_take_no_time() -> None:
    draw = np.random.default_rng(0)
    scores = draw.random(200_000)
    threshold = choose_threshold(draw.random(200_000) < scores, scores, "recall", 0.9)
    assert threshold == pytest.approx(np.sqrt(0.1), abs=0.01)
