"""What happens to pictures, sounds and videos on their way: each corruption in five strengths.

Items are changed one by one, with numbers drawn in their order, so how they are cut into batches does not matter.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Change = Callable[[NDArray[Any], float, np.random.Generator], NDArray[Any]]


@dataclass(frozen=True)
class Corruption:
    """A way to change items, and five strengths for it, the weakest first, in the unit that `change` names.

    `change` takes one item, a strength and where to draw numbers from, and returns another array.
    """

    change: Change
    strengths: tuple[float, float, float, float, float]

    def apply(self, items: NDArray[Any], strength: float, draw: np.random.Generator) -> NDArray[Any]:
        """Return the items [N, *shape] changed, in their shape and dtype."""
        changed = np.empty(items.shape, items.dtype)
        for place, item in enumerate(items):
            changed[place] = self.change(item, strength, draw)
        return changed


def corruptions(modality: str) -> Mapping[str, Corruption]:
    """Return the corruptions of pictures (`image`), videos (`video`) or sounds (`audio`) by name.

    Raises `ValueError` for any other modality.
    """
    if modality == "audio":
        return {
            "noise": Corruption(white_noise, (40, 30, 20, 10, 5)),
            "bandwidth": Corruption(bandwidth, (0.75, 0.5, 0.35, 0.25, 0.125)),
            "gain": Corruption(gain, (3, 6, 12, 18, 24)),
        }
    if modality not in ("image", "video"):
        raise ValueError(f"{modality!r}; expected image, video or audio")
    of_pictures = {
        "noise": Corruption(noise, (0.04, 0.08, 0.12, 0.18, 0.26)),
        "blur": Corruption(blur, (0.01, 0.015, 0.02, 0.03, 0.04)),
        "brightness": Corruption(brightness, (0.1, 0.2, 0.3, 0.4, 0.5)),
        "contrast": Corruption(contrast, (0.2, 0.4, 0.6, 0.75, 0.9)),
        "jpeg": Corruption(jpeg, (80, 50, 25, 15, 8)),
    }
    return of_pictures | ({"frames": Corruption(frames, (0.1, 0.25, 0.5, 0.75, 0.9))} if modality == "video" else {})


# Pictures are uint8 [height, width, 3], clips [frames, height, width, 3].


def noise(item: NDArray[np.uint8], strength: float, draw: np.random.Generator) -> NDArray[np.uint8]:
    """Add Gaussian noise; the strength is its standard deviation as a share of the whole range."""
    return _levels(item + draw.standard_normal(item.shape, np.float32) * (255 * strength))


def blur(item: NDArray[np.uint8], strength: float, _: np.random.Generator) -> NDArray[np.uint8]:
    """Blur by a Gaussian; the strength is its standard deviation as a share of the shorter side."""
    blurred = ImageFilter.GaussianBlur(strength * min(item.shape[-3:-1]))
    return _each_frame(item, lambda frame: frame.filter(blurred))


def brightness(item: NDArray[np.uint8], strength: float, draw: np.random.Generator) -> NDArray[np.uint8]:
    """Make all of an item lighter or darker, by chance; the strength is a share of the whole range."""
    return _levels(item + np.float32(_sign(draw) * 255 * strength))


def contrast(item: NDArray[np.uint8], strength: float, _: np.random.Generator) -> NDArray[np.uint8]:
    """Draw each picture to its mean colour; the strength is the share of the contrast that is lost."""
    mean = item.mean(axis=(-3, -2), keepdims=True)
    return _levels(mean + (item - mean) * (1 - strength))


def jpeg(item: NDArray[np.uint8], strength: float, _: np.random.Generator) -> NDArray[np.uint8]:
    """Compress and expand each picture as JPEG; the strength is the quality, from 100 down."""

    def squeeze(frame: Image.Image) -> Image.Image:
        file = io.BytesIO()
        frame.save(file, "JPEG", quality=int(strength))
        return Image.open(file)

    return _each_frame(item, squeeze)


def frames(item: NDArray[np.uint8], strength: float, draw: np.random.Generator) -> NDArray[np.uint8]:
    """Drop frames, in place of which the last one kept is shown; the strength is their share. The first stays."""
    shown = np.arange(len(item))
    order = 1 + draw.random(len(item) - 1).argsort()
    shown[order[: round(strength * len(item))]] = 0
    return item[np.maximum.accumulate(shown)]


# Sounds are float32 [samples] from -1 to 1.


def white_noise(item: NDArray[np.float32], strength: float, draw: np.random.Generator) -> NDArray[np.float32]:
    """Add white noise; the strength is the item's power over that of the noise, in dB. Silence stays silent."""
    power = float(np.square(item, dtype=np.float64).mean())
    deviation = (power / 10 ** (strength / 10)) ** 0.5
    return _clipped(item + draw.standard_normal(item.shape, np.float32) * deviation)


def bandwidth(item: NDArray[np.float32], strength: float, _: np.random.Generator) -> NDArray[np.float32]:
    """Cut away high frequencies; the strength is the share of those up to Nyquist's that stays."""
    spectrum = np.fft.rfft(item)
    spectrum[int(strength * (len(spectrum) - 1)) + 1 :] = 0
    return _clipped(np.fft.irfft(spectrum, len(item)))


def gain(item: NDArray[np.float32], strength: float, draw: np.random.Generator) -> NDArray[np.float32]:
    """Make an item louder or softer, by chance, and clip it as a recorder does; the strength is in dB."""
    return _clipped(item * float(10 ** (_sign(draw) * strength / 20)))


def _sign(draw: np.random.Generator) -> int:
    return 1 if draw.random() < 0.5 else -1


def _clipped(values: NDArray[Any]) -> NDArray[np.float32]:
    return values.clip(-1, 1).astype(np.float32)


def _levels(values: NDArray[Any]) -> NDArray[np.uint8]:
    return values.round().clip(0, 255).astype(np.uint8)


def _each_frame(item: NDArray[np.uint8], change: Callable[[Image.Image], Image.Image]) -> NDArray[np.uint8]:
    pictures = item.reshape(-1, *item.shape[-3:])
    return np.stack([np.asarray(change(Image.fromarray(picture))) for picture in pictures]).reshape(item.shape)
