"""Videos as clips of equally many frames of one size."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from reprise.decoding import pictures
from reprise.decoding.arrays import ArrayFrames
from reprise.decoding.decoder import Decoded
from reprise.decoding.errors import DecodeError, refusing
from reprise.decoding.frames import Frames
from reprise.decoding.playing import AllFrames, MisleadingError, WantedFrames
from reprise.decoding.streams import EXPECTED, Stream, open_container
from reprise.decoding.truncation import check_whole


@dataclass(frozen=True)
class VideoDecoder:
    """Videos as uint8 [clips, frames, size, size, 3] RGB: windows of `seconds`, each `stride` seconds after the last.

    A clip shows what is on screen `fps` times a second; frames are scaled and cut like pictures. Only windows that
    lie within the video become clips.
    """

    size: int
    seconds: float
    stride: float
    fps: float
    max_pixels: int = 64_000_000
    max_seconds: float = 3600.0

    dtype = "uint8"
    features = (*pictures.FEATURES, "aspect", "motion")
    suffixes = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".npz"})

    @property
    def shape(self) -> tuple[int, ...]:
        """Give the shape of one item."""
        return (round(self.seconds * self.fps), self.size, self.size, 3)

    def decode(self, content: bytes) -> Decoded:
        """Turn the content of a file into clips, at least one.

        The features are the means of those of `pictures` over the frames of a clip, the aspect, width by height
        before the cutting, and the motion: the mean absolute difference of successive frames. Raises `TooLargeError`
        above `max_pixels` in a frame or `max_seconds`, and `DecodeError` at all that is no whole video or is shorter
        than a clip.
        """
        with refusing(EXPECTED):
            check_whole(content)
            if content.startswith(b"PK"):
                return self._clips(ArrayFrames(content, self.fps, self.max_pixels, self.max_seconds))
            with open_container(content, self.max_pixels) as container:
                stream = Stream(container, self.size, self.max_pixels, self.max_seconds)
                try:
                    return self._clips(WantedFrames(stream))
                except MisleadingError:
                    return self._clips(AllFrames(stream))

    def _clips(self, frames: Frames) -> Decoded:
        moments = np.arange(self.shape[0]) / self.fps
        seen = frames.timeline.clips(self.seconds, self.stride, moments)
        if not len(seen):
            raise DecodeError(f"{frames.timeline.duration:.3f} seconds", f"at least {self.seconds:g}, a clip")
        wanted, order = np.unique(seen, return_inverse=True)
        order = order.reshape(seen.shape)
        items = np.empty((*seen.shape, self.size, self.size, 3), np.uint8)
        measured = np.empty((len(wanted), len(pictures.FEATURES) + 1))
        for number, picture in zip(range(len(wanted)), frames.pictures(wanted.tolist()), strict=True):
            pixels = np.asarray(pictures.scale(picture.image, self.size))
            items[order == number] = pixels
            measured[number] = (*pictures.measure(pixels), picture.aspect)
        features = np.column_stack((measured[order].mean(axis=1), _motion(items, order)))
        return Decoded(items, features.astype(np.float32))


def _motion(items: NDArray[np.uint8], order: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the mean absolute difference of successive frames of each clip, 0 for a single frame."""
    known: dict[tuple[int, int], float] = {}
    motion = np.zeros(len(items))
    for clip, (numbers, pixels) in enumerate(zip(order.tolist(), items, strict=True)):
        pairs = list(pairwise(numbers))
        for place, pair in enumerate(pairs):
            if pair not in known:
                before, after = pixels[place], pixels[place + 1]
                known[pair] = float((np.maximum(before, after) - np.minimum(before, after)).mean(dtype=np.float64))
        motion[clip] = sum(known[pair] for pair in pairs) / max(len(pairs), 1)
    return motion
