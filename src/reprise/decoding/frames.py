"""Where the frames of a video come from: what `streams` and `arrays` offer, and which frame is seen when."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Seconds. Containers round times, Matroska to milliseconds: a frame due within this is on screen.
_ROUNDING = 0.0015


@dataclass(frozen=True)
class Timeline:
    """When each frame appears, in seconds since the first (ascending, float64), and when the last disappears."""

    times: NDArray[np.float64]
    duration: float

    def clips(self, seconds: float, stride: float, moments: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return which frame is on screen at the `moments` of each clip: [clips, moments].

        Clip k begins at k * stride; there are as many as lie within the duration, maybe none.
        """
        room = self.duration - seconds + _ROUNDING
        count = int(room / stride) + 1 if room >= 0 else 0
        due = np.arange(count)[:, None] * stride + moments
        return np.maximum(np.searchsorted(self.times, due + _ROUNDING, side="right") - 1, 0)


@dataclass(frozen=True)
class Picture:
    """A frame as RGB, upright, maybe smaller than it was; and its aspect, width by height."""

    image: Image.Image
    aspect: float


class Frames(Protocol):
    """The frames of one video."""

    @property
    def timeline(self) -> Timeline:
        """Tell when they appear."""

    def pictures(self, wanted: list[int]) -> Iterable[Picture]:
        """Yield the wanted frames, whose numbers ascend."""
