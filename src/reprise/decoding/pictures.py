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
    planes = np.ascontiguousarray(pixels.transpose(2, 0, 1))
    red, green, blue = planes.astype(np.uint16)
    grey = (77 * red + 150 * green + 29 * blue) >> 8
    channels = [_moments(plane) for plane in planes]
    brightness, contrast = _moments(grey)
    signed = grey.astype(np.int16)
    laplacian = signed[:-2, 1:-1] + signed[2:, 1:-1] + signed[1:-1, :-2] + signed[1:-1, 2:] - 4 * signed[1:-1, 1:-1]
    most, least = planes.max(axis=0), planes.min(axis=0)
    saturation = np.divide(most - least, np.maximum(most, 1), dtype=np.float32)
    return np.array(
        [
            brightness,
            contrast,
            _moments(laplacian)[1] ** 2,
            *(mean for mean, _ in channels),
            *(deviation for _, deviation in channels),
            saturation.mean(dtype=np.float64),
        ]
    )


def _moments(values: NDArray[np.integer]) -> tuple[float, float]:
    """Return mean and standard deviation."""
    floats = values.ravel().astype(np.float64)
    mean = float(floats.sum()) / floats.size
    variance = float(np.square(floats).sum()) / floats.size - mean * mean
    return mean, math.sqrt(max(variance, 0.0))
