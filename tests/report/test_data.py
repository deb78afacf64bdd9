import math

import numpy as np
import pytest
from numpy.typing import NDArray

from reprise.report.data import moved_by

QUANTILES = [f"q{share}" for share in range(0, 101, 5)]


def row(values: NDArray[np.float64]) -> dict[str, str]:
    places = np.quantile(values, np.linspace(0, 1, 21))
    return {"mean": f"{values.mean():.6g}", "std": f"{values.std():.6g}"} | {
        name: f"{place:.6g}" for name, place in zip(QUANTILES, places, strict=True)
    }


def test_a_shift_is_told_in_standard_deviations() -> None:
    values = np.random.default_rng(0).normal(5, 2, 1000)
    assert moved_by(row(values), row(values + 3)) == pytest.approx(1.5, rel=0.03)
    assert moved_by(row(values), row(values)) == 0


def test_it_is_about_the_wasserstein_distance() -> None:
    from scipy.stats import wasserstein_distance

    rng = np.random.default_rng(0)
    for old, new in (
        (rng.normal(size=900), rng.normal(0.2, 1.5, 700)),
        (rng.integers(0, 3, 500), rng.integers(0, 5, 400)),
    ):
        exact = wasserstein_distance(old, new) / old.std()
        assert moved_by(row(old.astype(float)), row(new.astype(float))) == pytest.approx(exact, rel=0.1)


def test_one_value_and_none() -> None:
    assert moved_by(row(np.full(9, 2.0)), row(np.full(9, 5.0))) == 3
    nothing = dict.fromkeys(["mean", "std", *QUANTILES], "")
    assert moved_by(nothing, row(np.ones(3))) == math.inf
    assert moved_by(row(np.ones(3)), nothing) == math.inf
