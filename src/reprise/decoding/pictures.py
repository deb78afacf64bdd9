"""What pictures and the frames of videos share: scaling to a square, and the features that drift is measured by."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Of pixels from 0 to 255; saturation is from 0 to 1.
FEATURES = (
    "brightness",
    "contrast",
    "sharpness",
    "red_mean",
    "green_mean",
    "blue_mean",
    "red_deviation",
    "green_deviation",
    "blue_deviation",
    "saturation",
)
# Rows and columns, at least, of which the colours are measured.
_ENOUGH = 112


def scale(picture: Image.Image, size: int) -> Image.Image:
    """Scale the shorter side to `size` and cut the centre out: a square picture of the same mode.

    Bilinear with antialiasing; what is to become much smaller is halved and halved again by averaging first.
    """
    width, height = picture.size
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, left + side, top + side)
    return picture.resize((size, size), Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)


def measure(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Measure the `FEATURES` of one picture, uint8 [height, width, 3], of at least 3 x 3 pixels.

    Brightness and contrast are mean and standard deviation of the grey picture (ITU-R BT.601), sharpness the variance
    of its Laplacian, saturation the mean of (max - min) / max over the channels. The sums are of whole numbers, which
    no order of adding changes, but for that of the saturation, which numpy adds in one order.
    """
    grey = _grey(pixels)
    _, sharpness = _moments(_laplacian(grey.view(np.int16)))
    # A few thousand pixels tell the colours of a large picture.
    step = max(1, min(grey.shape) // _ENOUGH)
    brightness, contrast = _moments(grey[::step, ::step])
    planes = np.ascontiguousarray(pixels[::step, ::step].transpose(2, 0, 1))
    channels = [_moments(plane) for plane in planes]
    means = [mean for mean, _ in channels]
    deviations = [math.sqrt(variance) for _, variance in channels]
    return np.array([brightness, math.sqrt(contrast), sharpness, *means, *deviations, _saturation(planes)])


# Each in a function of its own, so that what it needs on the way is given back before the next needs room.


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint16]:
    grey: NDArray[np.uint16] = np.multiply(pixels[..., 0], 77, dtype=np.uint16)
    grey += np.multiply(pixels[..., 1], 150, dtype=np.uint16)
    grey += np.multiply(pixels[..., 2], 29, dtype=np.uint16)
    grey >>= 8
    return grey


def _laplacian(grey: NDArray[np.int16]) -> NDArray[np.int16]:
    sums = grey[:-2, 1:-1] + grey[2:, 1:-1]
    sums += grey[1:-1, :-2]
    sums += grey[1:-1, 2:]
    sums -= 4 * grey[1:-1, 1:-1]
    return sums


def _saturation(planes: NDArray[np.uint8]) -> float:
    most = np.maximum(np.maximum(planes[0], planes[1]), planes[2])
    least = np.minimum(np.minimum(planes[0], planes[1]), planes[2])
    return float(np.divide(most - least, np.maximum(most, 1), dtype=np.float32).mean(dtype=np.float64))


def _moments(values: NDArray[np.integer]) -> tuple[float, float]:
    """Return mean and variance of a plane: of bytes, of 16 bits that hold no more, or of 16 bits with a sign."""
    if values.dtype == np.int16:
        total, squares = int(values.sum(dtype=np.int64)), int(np.square(values, dtype=np.int32).sum(dtype=np.int64))
    else:
        # Twice as fast, and enough for rows of 65,536 pixels.
        total = int(values.sum(axis=1, dtype=np.uint32).sum())
        squares = int(np.square(values, dtype=np.uint16).sum(axis=1, dtype=np.uint32).sum())
    mean = total / values.size
    return mean, max(squares / values.size - mean * mean, 0.0)
