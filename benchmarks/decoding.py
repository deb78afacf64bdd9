"""Decoding as preprocess does it, by one process and by two, beside the plain loop that most projects write.

    python benchmarks/decoding.py

Ours goes through `decode_all`: it checks that each file is whole, hashes it, and measures what drift is told by. The
plain loop, in one process, is Pillow, librosa or OpenCV with nothing around it; OpenCV decodes in as many threads as
there are cores. The files are made here and lie in the cache of the disk. Two processes go through them twelve times:
their time includes starting them, which then matters little. The variants take turns, and each is compared with the
plain loop of its round.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from reprise import arithmetic

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

PASSES = 12


def photo(draw: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw noise of four scales, the coarser the stronger, as in photographs."""
    import numpy as np
    from PIL import Image

    picture = Image.new("RGB", (width, height))
    for scale in (1, 4, 16, 64):
        noise = draw.integers(0, 256, (height // scale + 2, width // scale + 2, 3), np.uint8)
        picture = Image.blend(picture, Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC), 0.5)
    return picture


def _write_picture(path: Path, draw: np.random.Generator) -> None:
    photo(draw, 500, 375).save(path.with_suffix(".jpg"), quality=90)


def _write_sound(path: Path, draw: np.random.Generator) -> None:
    import soundfile

    soundfile.write(path.with_suffix(".wav"), draw.normal(0, 0.0005, (5 * 44100, 2)).cumsum(axis=0), 44100)


def _write_video(path: Path, draw: np.random.Generator) -> None:
    """Let a camera with some grain move over a photo."""
    import av
    import numpy as np

    scene, grain = np.asarray(photo(draw, 1000, 720), np.int16), draw.integers(-8, 9, (8, 360, 640, 1), np.int16)
    with av.open(path.with_suffix(".mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for number in range(6 * 30):
            seen = scene[number : number + 360, 2 * number : 2 * number + 640] + grain[number % 8]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(seen.clip(0, 255).astype(np.uint8), "rgb24")))
        container.mux(stream.encode())


def _plain_picture(path: Path) -> NDArray[Any]:
    import numpy as np
    from PIL import Image

    return np.array(Image.open(path).convert("RGB").resize((128, 128)))[None]


def _plain_sound(path: Path) -> NDArray[Any]:
    import librosa
    import numpy as np

    samples, _ = librosa.load(path, sr=16000)
    return np.pad(samples[:80000], (0, max(0, 80000 - len(samples))))[None]


def _plain_video(path: Path) -> NDArray[Any]:
    import cv2
    import numpy as np

    video = cv2.VideoCapture(str(path))
    places = ((np.arange(5)[:, None] + np.arange(8) / 4) * video.get(cv2.CAP_PROP_FPS)).astype(int)
    wanted, kept, number = set(places.flat), {}, 0
    while (found := video.read())[0]:
        if number in wanted:
            kept[number] = cv2.resize(cv2.cvtColor(found[1], cv2.COLOR_BGR2RGB), (224, 224))
        number += 1
    return np.array([[kept[place] for place in clip] for clip in places])


class Kind(NamedTuple):
    """A kind of files, and the unit that is counted: so many in an item."""

    modality: str
    settings: dict[str, float]
    files: int
    unit: str
    units: int
    write: Callable[[Path, np.random.Generator], None]
    plain: Callable[[Path], NDArray[Any]]


SOUND, CLIPS = {"sample_rate": 16000, "seconds": 5.0}, {"size": 224, "seconds": 2.0, "stride": 1.0, "fps": 4.0}
KINDS = (
    Kind("image", {"size": 128}, 480, "pictures", 1, _write_picture, _plain_picture),
    Kind("audio", SOUND, 192, "seconds of sound", 5, _write_sound, _plain_sound),
    Kind("video", CLIPS, 6, "clips", 1, _write_video, _plain_video),
)


def measure(kind: Kind, files: int, rounds: int) -> None:
    """Print a line for each variant."""
    import numpy as np

    from reprise.blocks import FilesDecode
    from reprise.datasets.decode import decode_all
    from reprise.datasets.folders import Folders
    from reprise.decoding.decoder import make_decoder

    with tempfile.TemporaryDirectory() as root:
        folder = Path(root, "class")
        folder.mkdir()
        for number in range(files):
            kind.write(folder / str(number), np.random.default_rng(number))
        decoder = make_decoder(kind.modality, kind.settings)
        source = Folders(Path(root), FilesDecode(), decoder.suffixes)
        paths = list(folder.iterdir())

        def ours(workers: int, passes: int) -> None:
            # A file that comes again is read, hashed and decoded like any other.
            repeated = SimpleNamespace(examples=[*source.examples] * passes, contents=source.contents)
            for _ in decode_all(repeated, decoder, kind.unit, 0, workers):
                pass

        def plain() -> None:
            for path in paths:
                kind.plain(path)

        variants = {"plain": plain, "1 process": lambda: ours(1, 1), "2 processes": lambda: ours(2, PASSES)}
        # Each library loads when it is first used.
        items = len(kind.plain(paths[0]))
        assert items == len(decoder.decode(paths[0].read_bytes()).items)
        speeds: dict[str, list[float]] = {name: [] for name in variants}
        for _ in range(rounds):
            for name, variant in variants.items():
                start = time.perf_counter()
                variant()
                decoded = files * items * kind.units * (PASSES if name == "2 processes" else 1)
                speeds[name].append(decoded / (time.perf_counter() - start))
    for name, speed in speeds.items():
        ratios = [mine / plain for mine, plain in zip(speed, speeds["plain"], strict=True)]
        row = f"{kind.unit:18}{name:12}{statistics.median(speed):8.0f}{statistics.median(ratios):8.2f}"
        print(f"{row}   ({min(ratios):.2f} to {max(ratios):.2f})", flush=True)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a tenth of the files, to see that it runs")
    arguments = parser.parse_args()
    arithmetic.fix()
    print(f"{'':30}a second   ratio of {arguments.rounds} rounds")
    for kind in KINDS:
        measure(kind, max(2, kind.files // 10) if arguments.quick else kind.files, arguments.rounds)


if __name__ == "__main__":
    main()
