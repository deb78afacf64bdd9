"""Drawn pictures of food: hotdogs, and what looks like them or lies beside them."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

_Shape = NDArray[np.float64]  # [points, 2]
_Palette = tuple[tuple[int, int, int], ...]

_BREAD = ((222, 176, 104), (205, 150, 84), (236, 200, 138), (188, 132, 70))
_CRUMB = ((250, 230, 186), (244, 216, 164))
_SAUSAGE = ((176, 74, 46), (150, 58, 40), (196, 92, 58), (130, 62, 44), (206, 112, 92))
_KETCHUP = ((196, 30, 26), (222, 48, 34))
_SAUCE = ((232, 184, 30), (240, 204, 60), *_KETCHUP)
_GREEN = ((104, 168, 58), (70, 138, 52), (146, 190, 84))
_BANANA = ((236, 204, 70), (222, 186, 60), (190, 190, 80))
_ICING = ((242, 160, 188), (104, 62, 40), (250, 244, 236), (150, 206, 214))
_CLOTH = ((196, 60, 56), (240, 236, 228), (70, 104, 150), (94, 132, 92), (58, 58, 64), (226, 198, 130), (170, 120, 78))
_PLATE = ((246, 246, 242), (222, 230, 236), (60, 66, 76), (238, 226, 204), (150, 186, 200))


class _Pen:
    """Fills shapes given around the middle of a thing that is about one unit from there to its end."""

    def __init__(self, image: Image.Image, rng: np.random.Generator, middle: _Shape, scale: float) -> None:
        angle = rng.uniform(0, 2 * np.pi)
        self.rng, self.middle, self.scale = rng, middle, scale
        self.turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        self.draw = ImageDraw.Draw(image, "RGBA")  # a fourth number of a colour is its opacity

    def one(self, palette: _Palette) -> _Palette:
        """Choose a colour, a little off."""
        red, green, blue = (self.rng.choice(palette) + self.rng.integers(-12, 13, 3)).clip(0, 255).tolist()
        return ((red, green, blue),)

    def flat(self, shape: _Shape, palette: _Palette, light: float = 1, opacity: int = 255, up: float = 0) -> None:
        """Fill a shape, `up` units towards the upper left of the picture."""
        place = shape @ self.turn + self.middle - up * self.scale
        red, green, blue = (round(light * part) for part in palette[self.rng.integers(len(palette))])
        self.draw.polygon([(x, y) for x, y in place.tolist()], fill=(red, green, blue, opacity))

    def solid(self, shape: _Shape, palette: _Palette, height: float = 0.03) -> None:
        """Fill a shape lit from the upper left: its shadow, its dark side and its top."""
        colour = self.one(palette)
        self.flat(shape, colour, 0, 60, -1.6 * height)
        self.flat(shape, colour, 0.72)
        self.flat(shape, colour, up=height)

    def scatter(self, most: int, within: float, palette: _Palette, size: float) -> None:
        """Strew small roundish things."""
        spots = self.rng.uniform((0, 0, 0.6), (1, 2 * np.pi, 1.3), (self.rng.integers(most // 4, most), 3))
        for far, angle, radius in spots:
            at = within * np.sqrt(far) * np.array([np.cos(angle), np.sin(angle)])
            self.solid(self.disc(size * radius, 0.15, at, 9), palette, 0.015)

    def disc(self, radius: float, rough: float = 0, at: _Shape | float = 0, points: int = 28) -> _Shape:
        angle = np.linspace(0, 2 * np.pi, points, endpoint=False) + 0.1
        wide = radius * (1 + rough * self.rng.normal(size=points))
        return np.stack([wide * np.cos(angle), wide * np.sin(angle)], axis=1) + at


def _curve(length: float, bend: float, offset: float = 0, wave: float = 0, turns: float = 0) -> _Shape:
    x = np.linspace(-length, length, 40)
    return np.stack([x, bend * (x**2 - 0.4) + offset + wave * np.sin(turns * np.pi * x)], axis=1)


def _band(curve: _Shape, width: float | _Shape) -> _Shape:
    """Return the outline of a stroke along `curve` with round ends."""
    along = np.gradient(curve, axis=0)
    along /= np.hypot(along[:, :1], along[:, 1:])
    half = np.broadcast_to(np.asarray(width) / 2, len(curve))[:, None]
    across = along[:, ::-1] * (-1, 1) * half
    arc = np.linspace(0, np.pi, 9)[1:-1, None]
    start = curve[0] - across[0] * np.cos(arc) - along[0] * half[0] * np.sin(arc)
    end = curve[-1] + across[-1] * np.cos(arc) + along[-1] * half[-1] * np.sin(arc)
    return np.concatenate([curve + across, end, (curve - across)[::-1], start])


def _bun(pen: _Pen, bend: float, lettuce: float) -> None:
    width, crust = pen.rng.uniform(0.32, 0.46), pen.one(_BREAD)
    pen.solid(_band(_curve(0.86, bend), width * 1.9), crust, 0.05)
    pen.flat(_band(_curve(0.82, bend), width * 0.9), _CRUMB)
    for side in (-1, 1):
        pen.solid(_band(_curve(0.84, bend, side * width * 0.62), width * 0.72), crust)
    if pen.rng.random() < lettuce:
        pen.solid(_band(_curve(0.8, bend, 0, 0.05, pen.rng.uniform(6, 12)), 0.3), _GREEN, 0.02)


def _sausages(pen: _Pen, bend: float, offsets: tuple[float, ...]) -> None:
    for offset in offsets:
        length, width = pen.rng.uniform(0.75, 1.12), pen.rng.uniform(0.2, 0.34)
        pen.solid(_band(_curve(length, bend, offset), width), _SAUSAGE)
        pen.flat(_band(_curve(length * 0.8, bend, offset - width * 0.2), width * 0.12), _CRUMB, opacity=90)


def _sauces(pen: _Pen, bend: float, most: int) -> None:
    for _ in range(pen.rng.integers(most + 1)):
        wave = _curve(pen.rng.uniform(0.6, 0.9), bend, 0, pen.rng.uniform(0.03, 0.1), pen.rng.uniform(3, 8))
        pen.solid(_band(wave, pen.rng.uniform(0.05, 0.1)), _SAUCE, 0.012)


def _hotdog(pen: _Pen) -> None:
    bend = pen.rng.uniform(-0.25, 0.25)
    _bun(pen, bend, 0.25)
    _sausages(pen, bend, (0,))
    _sauces(pen, bend, 2)


def _sandwich(pen: _Pen) -> None:
    bend = pen.rng.uniform(-0.25, 0.25)
    _bun(pen, bend, 0.4)
    for x in np.linspace(-0.65, 0.65, 5)[: pen.rng.choice((0, 4, 5))]:
        pen.solid(pen.disc(0.17, 0.03, np.array([x, bend * (x**2 - 0.4)])), (*_KETCHUP, *_SAUSAGE))
    _sauces(pen, bend, 1)


def _grill(pen: _Pen) -> None:
    bend = pen.rng.uniform(-0.3, 0.3)
    _sausages(pen, bend, ((0,), (-0.2, 0.2), (-0.36, 0, 0.36))[pen.rng.integers(3)])
    _sauces(pen, bend, 1)


def _baguette(pen: _Pen) -> None:
    pen.solid(_band(_curve(1, 0), pen.rng.uniform(0.4, 0.7)), _BREAD, 0.06)
    for x in np.linspace(-0.7, 0.7, pen.rng.integers(4, 7)):
        pen.flat(_band(np.array([[x - 0.1, -0.12], [x + 0.1, 0.14]]), 0.07), _CRUMB)


def _eclair(pen: _Pen) -> None:
    curve = _curve(0.9, pen.rng.uniform(-0.2, 0.2))
    pen.solid(_band(curve, pen.rng.uniform(0.5, 0.7)), _BREAD, 0.06)
    pen.solid(_band(curve * 0.88, pen.rng.uniform(0.24, 0.4)), _ICING, 0.02)


def _banana(pen: _Pen) -> None:
    curve = _curve(1, pen.rng.uniform(0.25, 0.5))
    pen.solid(_band(curve, pen.rng.uniform(0.3, 0.44) * (1 - 0.75 * np.abs(curve[:, 0]) ** 3)), _BANANA, 0.05)
    pen.flat(_band(curve * 0.85, 0.03), _BREAD[3:], opacity=160)
    pen.solid(_band(curve[-3:], 0.1), _ICING[1:2])


def _burger(pen: _Pen) -> None:
    for radius, palette in ((0.9, _GREEN), (0.8, _SAUSAGE), (0.74, _BREAD)):
        pen.solid(pen.disc(radius, 0.02), palette, 0.06)
    pen.scatter(24, 0.6, _CRUMB, 0.035)


def _pizza(pen: _Pen) -> None:
    whole = pen.rng.random() < 0.6
    for radius, palette in ((0.95, _BREAD), (0.8, _KETCHUP), (0.77, _CRUMB)):
        circle = pen.disc(radius, points=64)
        pen.solid(circle if whole else np.concatenate([circle[:9], [[-0.3, 0]]]), palette, 0.02)
    if whole:
        pen.scatter(16, 0.62, (*_SAUSAGE, *_GREEN), 0.12)


def _doughnut(pen: _Pen) -> None:
    pen.solid(pen.disc(0.85), _BREAD, 0.07)
    pen.solid(pen.disc(0.76, 0.03), _ICING, 0.02)
    pen.scatter(30, 0.68, (*_SAUCE, *_ICING), 0.035)
    pen.flat(pen.disc(pen.rng.uniform(0.2, 0.34)), _PLATE)


def _salad(pen: _Pen) -> None:
    pen.solid(pen.disc(0.95), _PLATE, 0.08)
    pen.scatter(90, 0.7, _GREEN, 0.2)
    pen.scatter(12, 0.65, (*_SAUCE, *_CRUMB, *_SAUSAGE), 0.11)


# Nine, so that each of them comes among the PNG files, every eighth.
_OTHERS = (_sandwich, _grill, _baguette, _eclair, _banana, _burger, _pizza, _doughnut, _salad)


def _table(pen: _Pen) -> None:
    """Lay a plain, striped or checked cloth."""
    pen.flat(pen.disc(4), pen.one(_CLOTH))
    wide, stripe, pattern = pen.rng.uniform(0.1, 0.5), pen.one(_CLOTH), pen.rng.integers(4)
    for x in np.arange(-3, 3, 2 * wide) if pattern > 1 else ():
        line = np.array([[x, -3], [x, 3]])
        pen.flat(_band(line, wide), stripe, opacity=150)
        if pattern == 3:
            pen.flat(_band(line[:, ::-1], wide), stripe, opacity=150)


def _clutter(pen: _Pen, count: int, far: float) -> None:
    """Lay cutlery, cups, napkins and leaves around the middle."""
    for angle in pen.rng.uniform(0, 2 * np.pi, count):
        at = far * pen.rng.uniform(0.9, 1.3) * np.array([np.cos(angle), np.sin(angle)])
        match pen.rng.integers(4):
            case 0:
                ends = at + np.array([[-1], [1]]) * pen.rng.normal(0, 0.5, 2)
                pen.solid(_band(ends, pen.rng.uniform(0.05, 0.14)), (*_PLATE, *_SAUCE, *_SAUSAGE))
            case 1:
                pen.solid(pen.disc(0.45, 0, at), _PLATE, 0.08)
                pen.flat(pen.disc(0.36, 0, at), (*_SAUCE, *_ICING))
            case 2:
                pen.solid(pen.disc(pen.rng.uniform(0.3, 0.6), 0, at, points=4), (*_PLATE, *_CLOTH))
            case _:
                pen.solid(pen.disc(pen.rng.uniform(0.1, 0.25), 0.1, at), (*_GREEN, *_SAUCE))


def _picture(rng: np.random.Generator, food: Callable[[_Pen], None]) -> NDArray[np.uint8]:
    """Return a photograph, uint8 [height, width, 3]."""
    width, height = rng.integers(96, 161, 2).tolist()
    image = Image.new("RGB", (2 * width, 2 * height))  # drawn at twice its size for smooth edges
    middle = 2 * np.array([width, height]) * rng.uniform(0.35, 0.65, 2)
    pen = _Pen(image, rng, middle, 2 * min(width, height) * rng.uniform(0.34, 0.52))
    _table(pen)
    _clutter(pen, int(rng.integers(4)), 1)
    if rng.random() < 0.6:
        plate = pen.one(_PLATE)
        pen.solid(pen.disc(1.25), plate, 0.05)
        pen.flat(pen.disc(0.95), plate, 0.94)
    food(pen)
    _clutter(pen, int(rng.random() < 0.3), 0.7)
    image = image.reduce(2)
    if rng.random() < 0.3:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.6)))
    slope = np.linspace(0.85, 1.15, width)[:: rng.choice((-1, 1)), None]
    light = rng.uniform(0.5, 1.1) * rng.normal(1, 0.06, 3) * slope
    grain = int(rng.choice((3, 7, 17)))
    noise = rng.integers(-grain, grain + 1, (height, width, 3), np.int16)
    return np.asarray(np.clip(np.asarray(image) * light + noise, 0, 255), np.uint8)


def _jpeg(pixels: NDArray[np.uint8], quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode with the deflate in pyarrow's wheel: Pillow takes the system's, and the bytes of two systems differ."""
    height, width, _ = pixels.shape
    up = np.diff(pixels, axis=0, prepend=np.zeros_like(pixels[:1])).reshape(height, -1)
    lines = np.insert(up, 0, 2, axis=1).tobytes()  # 2 says that a line is less the one above
    deflated = pa.compress(lines, "gzip", asbytes=True)[10:-8]  # less what makes it gzip
    content = b"\x89PNG\r\n\x1a\n"
    for name, body in (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", b"\x78\x9c" + deflated + struct.pack(">I", zlib.adler32(lines))),
        (b"IEND", b""),
    ):
        content += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return content


def make(folder: Path) -> None:
    """Write 240 pictures of each class to `train` and 60 to `test`, of 96 to 160 pixels a side; one in eight is PNG."""
    rng = np.random.default_rng(2017)
    for split, count in (("train", 240), ("test", 60)):
        for label, foods in (("hotdog", (_hotdog,)), ("nothotdog", _OTHERS)):
            place = folder / split / label
            place.mkdir(parents=True)
            for number in range(count):
                pixels = _picture(rng, foods[number % len(foods)])
                if number % 8 == 7:
                    (place / f"{number:04}.png").write_bytes(_png(pixels))
                else:
                    (place / f"{number:04}.jpg").write_bytes(_jpeg(pixels, int(rng.integers(60, 91))))
