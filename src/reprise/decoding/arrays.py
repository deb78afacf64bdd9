"""Videos as arrays: `frames` uint8 [frames, height, width, 3] and, if it is there, `fps` in a .npz file."""

import math
from collections.abc import Iterator
from io import BytesIO
from typing import IO
from zipfile import ZipFile

import numpy as np
from numpy.lib import format as npy
from PIL import Image

from reprise.decoding.errors import DecodeError, TooLargeError
from reprise.decoding.frames import Picture, Timeline

_EXPECTED = "an array `frames` of uint8 [frames, height, width, 3] in the order of C"


class ArrayFrames:
    """The frames of a .npz file, read one by one; `fps` is that of a file that tells none.

    Raises `TooLargeError` or `DecodeError` before any frame is read, and `DecodeError` at a damaged file.
    """

    def __init__(self, content: bytes, fps: float, max_pixels: int, max_seconds: float) -> None:
        self._archive = ZipFile(BytesIO(content))
        names = self._archive.namelist()
        if "frames.npy" not in names:
            raise DecodeError("no array `frames`", _EXPECTED)
        if "fps.npy" in names:
            fps = self._number("fps.npy")
        with self._archive.open("frames.npy") as file:
            shape, in_fortran_order, dtype = _header(file)
            start = file.tell()
        if dtype != np.uint8 or len(shape) != 4 or shape[3] != 3 or in_fortran_order or min(shape) < 1:
            raise DecodeError(f"`frames` of {dtype} {list(shape)}", _EXPECTED)
        count, self._height, self._width, _ = shape
        if self._height * self._width > max_pixels:
            raise TooLargeError(f"{self._width} x {self._height} pixels", f"at most {max_pixels} pixels")
        if count > max_seconds * fps:
            raise TooLargeError(f"{count / fps:.1f} seconds", f"at most {max_seconds:g}")
        if self._archive.getinfo("frames.npy").file_size != start + math.prod(shape):
            raise DecodeError("`frames` of another size than it tells", _EXPECTED)
        self.timeline = Timeline(np.arange(count) / fps, count / fps)

    def pictures(self, wanted: list[int]) -> Iterator[Picture]:
        """Yield the wanted frames, whose numbers ascend."""
        size = self._height * self._width * 3
        chosen = set(wanted)
        with self._archive.open("frames.npy") as file:
            _header(file)
            # To the end, where zipfile compares the checksum.
            for number in range(len(self.timeline.times)):
                pixels = file.read(size)
                if number in chosen:
                    image = Image.frombuffer("RGB", (self._width, self._height), pixels, "raw", "RGB", 0, 1)
                    yield Picture(image, self._width / self._height)
            file.read(1)

    def _number(self, name: str) -> float:
        with self._archive.open(name) as file:
            shape, _, dtype = _header(file)
            if math.prod(shape) != 1 or dtype.kind not in "iuf":
                raise DecodeError(f"`fps` of {dtype} {list(shape)}", "one number")
            value = float(np.frombuffer(file.read(dtype.itemsize), dtype)[0])
        if not 0 < value <= 1000:
            raise DecodeError(f"`fps` of {value:g}", "a number above 0 and at most 1000")
        return value


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read shape, whether in the order of Fortran, and dtype; unlike `numpy.load`, no further."""
    version = npy.read_magic(file)
    if version == (1, 0):
        return npy.read_array_header_1_0(file)
    if version == (2, 0):
        return npy.read_array_header_2_0(file)
    raise DecodeError(f"an array of version {version}", "1.0 or 2.0")
