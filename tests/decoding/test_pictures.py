import numpy as np
import pytest
from PIL import Image

from reprise.decoding.pictures import FEATURES, measure, scale


def measured(pixels: np.ndarray) -> dict[str, float]:
    return dict(zip(FEATURES, measure(pixels), strict=True))


def test_features_are_what_they_are_called() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 70, 3), dtype=np.uint8)
    found = measured(pixels)
    floats = pixels.astype(float)
    grey = np.asarray(Image.fromarray(pixels).convert("L")).astype(float)
    assert found["brightness"] == pytest.approx(grey.mean(), abs=0.6)
    assert found["contrast"] == pytest.approx(grey.std(), rel=0.01)
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * grey[1:-1, 1:-1]
    assert found["sharpness"] == pytest.approx(around.var(), rel=0.01)
    for channel, name in enumerate(("red", "green", "blue")):
        assert found[f"{name}_mean"] == pytest.approx(floats[..., channel].mean())
        assert found[f"{name}_deviation"] == pytest.approx(floats[..., channel].std())
    most, least = floats.max(axis=2), floats.min(axis=2)
    assert found["saturation"] == pytest.approx(((most - least) / np.maximum(most, 1)).mean())


def test_a_plain_picture_has_no_contrast() -> None:
    found = measured(np.full((8, 8, 3), (255, 0, 0), np.uint8))
    assert found["contrast"] == found["sharpness"] == found["red_deviation"] == 0
    assert found["saturation"] == 1
    assert found["red_mean"] == 255


def test_bright_pictures_of_many_pixels_do_not_overflow() -> None:
    pixels = np.zeros((3, 70_000, 3), np.uint8)
    pixels[:, ::2] = 255
    found = measured(pixels[:, :60_000])
    assert found["contrast"] == pytest.approx(127.5)
    assert found["red_deviation"] == pytest.approx(127.5)
    assert found["sharpness"] == pytest.approx(510**2)


def test_large_pictures_are_measured_alike() -> None:
    small = np.random.default_rng(0).integers(0, 256, (120, 130, 3), dtype=np.uint8)
    large = np.repeat(np.repeat(small, 4, axis=0), 4, axis=1)
    found, expected = measured(large), measured(small)
    assert found.pop("sharpness") < expected.pop("sharpness")
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_scaling_keeps_the_mode(mode: str) -> None:
    scaled = scale(Image.new(mode, (50, 31)), 8)
    assert (scaled.mode, scaled.size) == (mode, (8, 8))
