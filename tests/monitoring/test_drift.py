import numpy as np
import pytest

from reprise.exporting.reference import reference
from reprise.monitoring.drift import ENOUGH, Reference

ROWS, WINDOW = 115, 1000


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def fit(*columns) -> tuple[Reference, np.ndarray]:
    items = np.column_stack(columns).astype(np.float32)
    return Reference(reference(items, [str(place) for place in range(items.shape[1])])), items


def scores(trained, recent) -> np.ndarray:
    """Score columns of recent values against columns of trained ones."""
    found = fit(*trained)[0]
    score = found.score(found.count(np.column_stack(recent).astype(np.float32)))
    assert score is not None
    assert np.isfinite(score).all()
    return score


def test_training_inputs_fall_into_the_bins_that_export_counted(rng: np.random.Generator) -> None:
    found, items = fit(rng.normal(size=ROWS), rng.integers(0, 3, ROWS), rng.exponential(size=ROWS).round(1))
    described = reference(items, ["a", "b", "c"])
    counts = found.count(items)
    assert counts.shape == (3, found.bins)
    for feature, row in zip(described, counts, strict=True):
        assert tuple(row[: len(feature.counts)]) == feature.counts
        assert row.sum() == ROWS
    assert found.score(counts).max() == 0


def test_without_drift_the_scores_are_near_zero_however_small_the_reference(rng: np.random.Generator) -> None:
    for rows in (60, ROWS, 5000):
        for window in (ENOUGH, WINDOW):
            found = scores(rng.normal(size=(200, rows)), rng.normal(size=(200, window)))
            chance = 9 * (1 / rows + 1 / window)
            assert np.median(found) < 0.1 * chance
            assert np.quantile(found, 0.95) < 1.2 * chance


def test_the_usual_bounds_hold_for_a_small_reference(rng: np.random.Generator) -> None:
    found = scores(rng.normal(size=(200, ROWS)), rng.normal(size=(200, WINDOW)))
    assert (found < 0.1).mean() > 0.95
    assert found.max() < 0.25


def test_a_shift_and_a_change_of_spread_are_large(rng: np.random.Generator) -> None:
    values = rng.normal(size=ROWS)
    found = scores([values, values, values], [rng.normal(1, 1, WINDOW), rng.normal(0, 3, WINDOW), np.full(WINDOW, 9)])
    assert found.min() > 0.25
    # Everything in one bin of ten, of which the other nine are empty.
    assert found[2] == pytest.approx(0.9 * np.log(0.9957 / 0.1) + 0.9 * np.log(0.104 / 0.0043), abs=0.7)


def test_the_score_is_the_formula() -> None:
    found, _ = fit(np.repeat([0.0, 1.0, np.nan], [250, 250, 500]))
    counts = found.count(np.repeat([0, 1, np.nan], [200, 500, 300]).astype(np.float32)[:, None])
    half = 0.5 / 1000
    p, q = np.array([0.2, 0.5, 0.3]) + half, np.array([0.25, 0.25, 0.5]) + half
    expected = ((p - q) * np.log(p / q)).sum() - 2 * (1 / 1000 + 1 / 1000)
    np.testing.assert_allclose(found.score(counts), [expected], rtol=1e-12)


def test_values_beyond_the_edges_fall_into_the_outer_bins(rng: np.random.Generator) -> None:
    found, _ = fit(rng.normal(size=ROWS))
    counts = found.count(np.float32([[-1e30], [1e30], [1e30]]))
    assert counts[0].tolist() == [1, *[0] * 8, 2, 0]


def test_missing_values_have_a_bin(rng: np.random.Generator) -> None:
    values = rng.normal(size=(2, ROWS))
    values[1, :40] = np.nan
    same, more, recent = rng.normal(size=(3, WINDOW))
    same[: round(WINDOW * 40 / ROWS)] = np.nan
    more[:300] = np.nan
    found = scores([values[1], values[0], values[1]], [same, more, recent])
    assert found[0] < 0.1
    assert found[1:].min() > 0.25


def test_a_feature_that_is_missing_altogether(rng: np.random.Generator) -> None:
    nothing, values = np.full(ROWS, np.nan), rng.normal(size=ROWS)
    gone = np.full(WINDOW, np.nan)
    found = scores([nothing, nothing, values], [gone, np.zeros(WINDOW), gone])
    assert found[0] == 0
    assert found[1:].min() > 1


def test_a_constant_feature_drifts_when_it_moves() -> None:
    for constant in (0.0, 0.1, -3e30):
        trained = np.full(ROWS, constant)
        near = np.nextafter(np.float32(constant), np.float32([-np.inf, np.inf]))
        found = scores([trained] * 3, [np.full(WINDOW, value) for value in (constant, *near)])
        assert found[0] == 0
        assert found[1:].min() > 1


def test_a_feature_that_is_nearly_always_zero_drifts_when_it_is_not(rng: np.random.Generator) -> None:
    trained = np.zeros(ROWS)
    trained[:11] = np.arange(1, 12)
    assert scores([trained], [rng.permutation(np.resize(trained, WINDOW))])[0] < 0.1
    assert scores([trained], [np.full(WINDOW, 20)])[0] > 1


def test_few_inputs_have_no_score(rng: np.random.Generator) -> None:
    found, items = fit(rng.normal(size=ROWS))
    assert found.score(found.count(items[: ENOUGH - 1])) is None
    assert found.score(found.count(items[:ENOUGH])) is not None
    assert found.score(found.count(items[:0])) is None


def test_a_bundle_without_features_has_no_score() -> None:
    found = Reference(())
    assert found.score(found.count(np.empty((WINDOW, 0), np.float32))) is None
