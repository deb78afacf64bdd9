import numpy as np
import pytest

from reprise.decoding.sounds import FEATURES, measure

RATE = 16000


def measured(samples: np.ndarray) -> dict[str, float]:
    return dict(zip(FEATURES, measure(samples.astype(np.float32), RATE), strict=True))


def test_a_tone() -> None:
    found = measured(0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE + 0.1))
    assert found["loudness"] == pytest.approx(-9.03, abs=0.01)
    assert found["zero_crossings"] == pytest.approx(2000 / RATE, abs=1e-3)
    assert found["centroid"] == pytest.approx(1000, abs=5)
    assert found["bandwidth"] < 50
    assert found["silence"] == 0
    assert found["peak"] == pytest.approx(0.5, abs=0.01)


def test_noise_has_a_wide_spectrum() -> None:
    found = measured(np.random.default_rng(0).normal(0, 0.1, 10 * RATE))
    assert found["centroid"] == pytest.approx(RATE / 4, rel=0.02)
    assert found["bandwidth"] == pytest.approx(RATE / 2 / np.sqrt(12), rel=0.02)
    assert found["zero_crossings"] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("length", [1, 2, 1023, 1024, 1025, 100_000])
def test_silence_of_any_length(length: int) -> None:
    assert measured(np.zeros(length)) == {
        "loudness": -100,
        "zero_crossings": 0,
        "centroid": 0,
        "bandwidth": 0,
        "silence": 1,
        "peak": 0,
    }


def test_half_of_it_silent() -> None:
    samples = np.full(8 * 1024 + 100, 0.25)
    samples[: 4 * 1024] = 0.0009
    found = measured(samples)
    assert found["silence"] == pytest.approx(4 / 9)
    assert found["peak"] == 0.25


def test_a_short_last_frame_is_silent_by_its_own_length() -> None:
    assert measured(np.full(1024 + 10, 0.002))["silence"] == 0


def test_the_peak_may_lie_below_zero() -> None:
    assert measured(np.array([0.1, -0.75, 0.5]))["peak"] == 0.75
