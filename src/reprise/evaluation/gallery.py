"""The worst mistakes as one picture: a grid of what was seen, with captions."""

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

# Pixels: what is readable beside others on a screen.
_PICTURE, _FRAME, _MELS, _NARROWEST, _WIDEST = 224, 128, 160, 160, 1640
_GAP, _LINE, _FONT = 12, 16, 13
_COLUMNS, _FRAMES, _BARS = 6, 6, 16
# Bars of a table's row reach so many deviations.
_REACH = 3

_WHITE, _BLACK, _GREY = (255, 255, 255), (30, 30, 30), (150, 150, 150)
_ABOVE, _BELOW = (49, 104, 142), (202, 94, 48)

# Ten steps of viridis (Smith and van der Walt 2015), dark to light.
_VIRIDIS = np.array(
    [
        (68, 1, 84),
        (72, 40, 120),
        (62, 73, 137),
        (49, 104, 142),
        (38, 130, 142),
        (31, 158, 137),
        (53, 183, 121),
        (110, 206, 88),
        (181, 222, 43),
        (253, 231, 37),
    ]
)


@dataclass(frozen=True)
class Tile:
    """What was seen, uint8 [height, width, 3], and the lines below it."""

    image: NDArray[np.uint8]
    caption: tuple[str, ...]


def write_gallery(path: Path, tiles: Sequence[Tile]) -> None:
    """Write the tiles as a PNG, in rows of up to six; where there are none, one that says so.

    A line too long for its tile is shortened in the middle. The font has ASCII alone: accents are left out, and
    other characters are question marks.
    """
    drawn = _grid(tiles) if tiles else _note("No mistakes")
    file = io.BytesIO()
    drawn.save(file, "PNG")
    path.write_bytes(file.getvalue())


def picture(item: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Show a picture, uint8 [height, width, 3], enlarged or made smaller by a whole factor."""
    return _fit(item, _PICTURE)


def clip(item: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Show up to six frames of a clip, uint8 [frames, height, width, 3], evenly spaced from the first to the last."""
    chosen = np.linspace(0, len(item) - 1, min(len(item), _FRAMES)).round().astype(int)
    small = [np.pad(_fit(frame, _FRAME), ((0, 0), (0, 4), (0, 0)), constant_values=255) for frame in item[chosen]]
    return np.concatenate(small, axis=1)[:, :-4]


def spectrogram(decibels: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Show a spectrogram, [bands, frames], from its softest value to its loudest, low frequencies at the bottom."""
    step = -(-decibels.shape[1] // _PICTURE)
    starts = np.arange(0, decibels.shape[1], step)
    values = np.add.reduceat(decibels.astype(np.float64), starts, axis=1)
    values /= np.diff(starts, append=decibels.shape[1])
    values = (values - values.min()) / (np.ptp(values) or 1) * (len(_VIRIDIS) - 1)
    colours = [np.interp(values, np.arange(len(_VIRIDIS)), channel) for channel in _VIRIDIS.T]
    small = np.stack(colours, axis=-1)[::-1].round().astype(np.uint8)
    taller, wider = max(1, _MELS // small.shape[0]), max(1, _PICTURE // small.shape[1])
    return small.repeat(taller, axis=0).repeat(wider, axis=1)


def row(values: NDArray[np.floating[Any]], names: Sequence[str]) -> NDArray[np.uint8]:
    """Show a row of a table as bars: features, [F], as deviations from the mean, NaN where one is missing.

    Of more than 16 it shows the 16 farthest from the mean, in their order.
    """
    farthest = np.argsort(-np.nan_to_num(np.abs(values)), kind="stable")[:_BARS]
    left = len(values) - len(farthest)
    canvas = Image.new("RGB", (_PICTURE, (len(farthest) + (left > 0)) * _LINE), _WHITE)
    draw, middle = ImageDraw.Draw(canvas), _PICTURE * 3 // 4
    half = _PICTURE - middle
    for place, feature in enumerate(np.sort(farthest)):
        top, value = place * _LINE, float(values[feature])
        name = _shorten(names[feature], middle - half - 6)
        draw.text((middle - half - 6, top), name, _BLACK, _font(), anchor="ra")
        if np.isnan(value):
            draw.text((middle + 6, top), "missing", _GREY, _font())
            continue
        end = middle + round(max(-_REACH, min(_REACH, value)) / _REACH * (half - 1))
        box = (min(middle, end), top + 3, max(middle, end), top + _LINE - 4)
        draw.rectangle(box, _ABOVE if value > 0 else _BELOW)
    draw.line((middle, 0, middle, len(farthest) * _LINE), _GREY)
    if left:
        draw.text((0, len(farthest) * _LINE), f"and {left} nearer to the mean", _GREY, _font())
    return np.asarray(canvas)


def _grid(tiles: Sequence[Tile]) -> Image.Image:
    width = max(_NARROWEST, *(tile.image.shape[1] for tile in tiles))
    tallest = max(tile.image.shape[0] for tile in tiles)
    height = tallest + 4 + _LINE * max(len(tile.caption) for tile in tiles)
    columns = min(_COLUMNS, len(tiles), max(1, (_WIDEST - _GAP) // (width + _GAP)))
    rows = -(-len(tiles) // columns)
    canvas = Image.new("RGB", (_GAP + columns * (width + _GAP), _GAP + rows * (height + _GAP)), _WHITE)
    draw = ImageDraw.Draw(canvas)
    for number, tile in enumerate(tiles):
        x = _GAP + number % columns * (width + _GAP)
        y = _GAP + number // columns * (height + _GAP)
        # All captions of a row stand in line, right below what they tell of.
        canvas.paste(Image.fromarray(tile.image), (x, y + tallest - tile.image.shape[0]))
        for line, text in enumerate(tile.caption):
            draw.text((x, y + tallest + 4 + line * _LINE), _shorten(text, width), _BLACK, _font())
    return canvas


def _note(text: str) -> Image.Image:
    canvas = Image.new("RGB", (_PICTURE, 4 * _LINE), _WHITE)
    ImageDraw.Draw(canvas).text((_PICTURE // 2, 2 * _LINE), text, _BLACK, _font(), anchor="mm")
    return canvas


def _fit(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    longest = max(image.shape[:2])
    if longest > side:
        return np.asarray(Image.fromarray(image).reduce(-(-longest // side)))
    return image.repeat(side // longest, axis=0).repeat(side // longest, axis=1)


def _shorten(text: str, width: int) -> str:
    apart = unicodedata.normalize("NFKD", text)
    plain = "".join(letter if " " <= letter <= "~" else "?" for letter in apart if not unicodedata.combining(letter))
    if _font().getlength(plain) <= width:
        return plain
    shorter = (
        plain[: (kept + 1) // 2] + "…" + plain[len(plain) - kept // 2 :] for kept in range(len(plain) - 1, 0, -1)
    )
    return next(text for text in shorter if _font().getlength(text) <= width)


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    # It comes with Pillow: a font of the system would make other pictures on other machines.
    return ImageFont.load_default(_FONT)
