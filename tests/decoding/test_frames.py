import numpy as np
import pytest

from reprise.decoding.frames import Timeline


def clips(times: list[float], duration: float, seconds: float, stride: float, fps: float) -> list[list[int]]:
    moments = np.arange(round(seconds * fps)) / fps
    return Timeline(np.array(times), duration).clips(seconds, stride, moments).tolist()


def test_a_frame_is_on_screen_until_the_next() -> None:
    assert clips([0.0, 0.3, 0.9], 1.2, 1.2, 1.0, 10.0) == [[0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2]]


def test_windows_lie_within_the_duration() -> None:
    even = [0.0, 0.25, 0.5, 0.75]
    assert clips(even, 1.0, 0.5, 0.25, 4.0) == [[0, 1], [1, 2], [2, 3]]
    assert clips(even, 0.99, 0.5, 0.25, 4.0) == [[0, 1], [1, 2]]
    assert clips(even, 1.0, 1.1, 0.25, 4.0) == []


def test_times_that_are_off_by_rounding_count() -> None:
    assert clips([0.0, 0.333 + 0.001, 0.667], 0.999, 1.0, 1.0, 3.0) == [[0, 1, 2]]
    assert clips([0.0, 0.34, 0.667], 0.999, 1.0, 1.0, 3.0) == [[0, 0, 2]]


@pytest.mark.parametrize("stride", [0.1, 0.3, 1 / 3, 0.7])
def test_strides_that_floats_cannot_hold_lose_no_window(stride: float) -> None:
    assert len(clips([0.0], 30 * stride + 1, 1.0, stride, 1.0)) == 31
