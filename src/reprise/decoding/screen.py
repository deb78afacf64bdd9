"""Frames as a decoder gives them, turned into pictures."""

import struct
from collections.abc import Mapping
from typing import cast

from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from PIL import Image

from reprise.decoding.frames import Picture

# Without these the bits of colours follow the processor; the first keeps the colours of neighbours apart.
_EXACT = Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
# What turns a picture upright, by the signs of the upper left of its display matrix.
_UPRIGHT = {
    (0, 1, -1, 0): Image.Transpose.ROTATE_270,
    (-1, 0, 0, -1): Image.Transpose.ROTATE_180,
    (0, -1, 1, 0): Image.Transpose.ROTATE_90,
    (-1, 0, 0, 1): Image.Transpose.FLIP_LEFT_RIGHT,
    (1, 0, 0, -1): Image.Transpose.FLIP_TOP_BOTTOM,
    (0, 1, 1, 0): Image.Transpose.TRANSPOSE,
    (0, -1, -1, 0): Image.Transpose.TRANSVERSE,
}


class Screen:
    """Shows frames of which pictures of `size` are to be made; for one thread."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._reformatter = VideoReformatter()

    def show(self, frame: VideoFrame) -> Picture:
        """Turn a frame into RGB, upright; a large one is made smaller on the way, but not below the size."""
        divisor = max(1, min(frame.width, frame.height) // self._size)
        rgb = self._reformatter.reformat(
            frame,
            width=round(frame.width / divisor),
            height=round(frame.height / divisor),
            format="rgb24",
            interpolation=Interpolation.BILINEAR | _EXACT,
            threads=1,
        )
        picture = Image.fromarray(rgb.to_ndarray())
        orientation = _orientation(frame)
        if orientation in _UPRIGHT:
            picture = picture.transpose(_UPRIGHT[orientation])
        # What a quarter turn does is off the diagonal.
        aspect = frame.height / frame.width if orientation[1] else frame.width / frame.height
        return Picture(picture, aspect)


def _orientation(frame: VideoFrame) -> tuple[int, int, int, int]:
    """Return the signs of the larger two of the four numbers of a display matrix that turn and mirror."""
    # PyAV's type stubs know of one kind of side data only.
    matrix = cast("Mapping[str, bytes]", frame.side_data).get("DISPLAYMATRIX")
    if matrix is None:
        return (1, 0, 0, 1)
    a, b, _, c, d = struct.unpack_from("=5i", matrix)
    signs = [(number > 0) - (number < 0) for number in (a, b, c, d)]
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return (signs[0], 0, 0, signs[3])
    return (0, signs[1], signs[2], 0)
