from collections import Counter
from pathlib import Path

import av
import numpy as np
import pytest

from reprise.samples import accident


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("accident")
    accident.make(folder)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_as_many_accidents_as_harmless_videos(files) -> None:
    assert Counter(path.parent.name for path in files) == {"positive": 30, "rash": 30, "negative": 60}
    assert {path.suffix for path in files} == {".mp4"}


def test_every_video_is_h264_of_three_to_five_seconds(files) -> None:
    for path in files:
        with av.open(path) as container:
            stream = container.streams.video[0]
            assert stream.codec_context.name == "h264"
            assert (stream.width, stream.height, stream.pix_fmt) == (96, 96, "yuv420p")
            assert stream.average_rate == 10
            assert 30 <= sum(1 for _ in container.decode(stream)) <= 50


def test_fire_comes_with_accidents_in_the_first_half_and_stays(files) -> None:
    def fire(frame: av.VideoFrame) -> float:
        red, green, blue = np.moveaxis(frame.to_ndarray(format="rgb24").astype(float), -1, 0)
        return ((red > 1.3 * green) & (green > 1.2 * blue) & (red > 120)).mean()

    burning = Counter()
    for path in files:
        with av.open(path) as container:
            frames = list(container.decode(video=0))
        shown = [fire(frame) > 0.01 for frame in (frames[0], frames[len(frames) // 2], frames[-1])]
        burning[path.parent.name, tuple(shown)] += 1
    always, never = (False, True, True), (False, False, False)
    assert burning["positive", always] + burning["rash", always] > 40
    assert burning["negative", never] > 55


def test_no_video_twice_and_all_together_small(files) -> None:
    contents = {path.read_bytes() for path in files}
    assert len(contents) == len(files)
    assert sum(map(len, contents)) < 3_000_000


def test_the_same_bytes_again(files, tmp_path) -> None:
    accident.make(tmp_path)
    for path in files:
        assert tmp_path.joinpath(*path.parts[-2:]).read_bytes() == path.read_bytes()
