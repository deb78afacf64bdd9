"""Small videos made for the tests."""

from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

WIDTH, HEIGHT = 64, 48


def frame_colour(number: int) -> tuple[int, int, int]:
    """A colour of its own for each of some hundred frames, far enough from the next to survive a codec."""
    return (40 + number * 7 % 180, 40 + number * 47 % 180, 40 + number * 91 % 180)


def draw(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A frame of one colour with a white upper left quarter."""
    frame = np.full((height, width, 3), frame_colour(number), np.uint8)
    frame[: height // 2, : width // 2] = 255
    return frame


def film(
    frames: Sequence[np.ndarray],
    codec: str = "libx264",
    container: str = "mp4",
    rate: int = 25,
    times: Sequence[int] | None = None,
    **options: str,
) -> bytes:
    """Encode frames, at `times` in milliseconds where they are given."""
    containers = {key: value for key, value in options.items() if key == "movflags"}
    # Moving the index to the front takes a file that can be opened twice.
    with TemporaryDirectory() as folder, av.open(f"{folder}/film", "w", format=container, options=containers) as output:
        codecs = {key.replace("_", "-"): value for key, value in options.items() if key not in containers}
        stream = output.add_stream(codec, rate=rate, options=codecs)
        stream.height, stream.width, _ = frames[0].shape
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            if times is not None:
                frame.pts, frame.time_base = times[number], Fraction(1, 1000)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        output.close()
        return Path(folder, "film").read_bytes()


def archive(frames: np.ndarray, *, compress: bool = True, **others: object) -> bytes:
    """Write frames, and other arrays beside them, into a .npz."""
    file = BytesIO()
    (np.savez_compressed if compress else np.savez)(file, frames=frames, **others)
    return file.getvalue()


def shown(pixels: np.ndarray) -> int:
    """Return the number of the frame whose colour is nearest to that of the lower right quarter."""
    height, width, _ = pixels.shape
    colour = pixels[height * 5 // 8 :, width * 5 // 8 :].reshape(-1, 3).mean(axis=0)
    colours = np.array([frame_colour(number) for number in range(180)])
    return int(np.abs(colours - colour).sum(axis=1).argmin())
