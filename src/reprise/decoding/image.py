"""Pictures as RGB of one size."""

import re
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from PIL import ExifTags, Image, TiffImagePlugin, UnidentifiedImageError, WebPImagePlugin

from reprise.decoding import pictures
from reprise.decoding.decoder import Decoded
from reprise.decoding.errors import DecodeError, TooLargeError, refusing
from reprise.decoding.truncation import check_whole

# Pillow looks for the last two in what is imported, and for the others by itself.
_FORMATS = (
    *("JPEG", "PNG", "BMP", "GIF", "PPM"),
    TiffImagePlugin.TiffImageFile.format,
    WebPImagePlugin.WebPImageFile.format,
)
_EXPECTED = "a whole JPEG, PNG, WEBP, BMP, GIF, TIFF or PPM picture"
# What turns a picture upright, by its EXIF orientation.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)
_WARNINGS: tuple[Any, ...] = ("ignore", None, Warning, re.compile(r"PIL\."), 0)


@dataclass(frozen=True)
class ImageDecoder:
    """Pictures as uint8 [1, size, size, 3] RGB: upright, the shorter side scaled to `size`, the centre cut out.

    Transparent parts lie on white, 16 bits become the higher 8, and of an animation the first frame is taken.
    """

    size: int
    max_pixels: int = 64_000_000

    dtype = "uint8"
    features = (*pictures.FEATURES, "aspect")
    suffixes = frozenset(
        {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"}
    )

    @property
    def shape(self) -> tuple[int, ...]:
        """Give the shape of one item."""
        return (self.size, self.size, 3)

    def decode(self, content: bytes) -> Decoded:
        """Turn the content of a file into one picture.

        The features are those of `pictures`, and the aspect: width by height before the cutting. Raises
        `TooLargeError` above `max_pixels`, before any is decoded, and `DecodeError` at all that is no whole picture.
        """
        _hush()
        with refusing(_EXPECTED):
            check_whole(content)
            picture = self._open(content)
            width, height = picture.size
            # A JPEG can be decoded at a half, a quarter or an eighth, never below what is asked for here.
            picture.draft(None, (self.size, self.size))
            picture.load()
            orientation = picture.getexif().get(ExifTags.Base.Orientation)
            small = _on_white(pictures.scale(_plain(picture), self.size))
            if orientation in _UPRIGHT:
                small = small.transpose(_UPRIGHT[orientation])
            aspect = height / width if orientation in _SIDEWAYS else width / height
            pixels = np.array(small)
        features = np.append(pictures.measure(pixels), aspect).astype(np.float32)
        return Decoded(pixels[None], features[None])

    def _open(self, content: bytes) -> Image.Image:
        expected = f"at most {self.max_pixels} pixels"
        try:
            picture = Image.open(BytesIO(content), formats=_FORMATS)
        except Image.DecompressionBombError:
            raise TooLargeError("more pixels than Pillow opens", expected) from None
        except UnidentifiedImageError:
            raise DecodeError("no picture, by its first bytes", _EXPECTED) from None
        if picture.width * picture.height > self.max_pixels:
            raise TooLargeError(f"{picture.width} x {picture.height} pixels", expected)
        return picture


def _plain(picture: Image.Image) -> Image.Image:
    """Return the picture in mode L, RGB or RGBA."""
    if picture.mode == "F":
        raise DecodeError("pixels in floating point", "whole numbers")
    if picture.mode.startswith("I"):
        values = np.asarray(picture)
        if picture.mode == "I" and not ((values >= 0) & (values < 65536)).all():
            raise DecodeError("pixels of 32 bits", "at most 16")
        return Image.fromarray((values >> 8).astype(np.uint8))
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    if picture.mode in {"L", "RGB"}:
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def _hush() -> None:
    """Keep Pillow's warnings of damaged metadata to itself: what matters is refused.

    `warnings.catch_warnings` is not for threads. Adding the same filter again would show other modules' warnings anew.
    """
    if _WARNINGS not in warnings.filters:
        warnings.filterwarnings("ignore", module=r"PIL\.")
