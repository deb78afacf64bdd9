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


@pytest.fixture(scope="module")
def videos(files) -> dict[Path, list[av.VideoFrame]]:
    frames = {}
    for path in files:
        with av.open(path) as container:
            assert container.streams.video[0].codec_context.name == "h264"
            assert container.streams.video[0].average_rate == 10
            frames[path] = list(container.decode(video=0))
    return frames


def test_as_many_accidents_as_harmless_videos(files) -> None:
    assert Counter(path.parent.name for path in files) == {"positive": 30, "rash": 30, "negative": 60}
    assert {path.suffix for path in files} == {".mp4"}


def test_every_video_has_three_to_five_seconds_of_small_frames(videos) -> None:
    for frames in videos.values():
        assert 30 <= len(frames) <= 50
        assert {(frame.width, frame.height, frame.format.name) for frame in frames} == {(96, 96, "yuv420p")}


def test_fire_comes_with_accidents_in_the_first_half_and_stays(videos) -> None:
    def burns(frame: av.VideoFrame) -> bool:
        red, green, blue = np.moveaxis(frame.to_ndarray(format="rgb24").astype(float), -1, 0)
        return ((red > 1.3 * green) & (green > 1.2 * blue) & (red > 120)).mean() > 0.01

    seen = Counter()
    for path, frames in videos.items():
        seen[path.parent.name, *(burns(frames[place]) for place in (0, len(frames) // 2, -1))] += 1
    assert seen["positive", False, True, True] + seen["rash", False, True, True] > 40
    assert seen["negative", False, False, False] > 55


def test_no_video_twice_and_all_together_small(files) -> None:
    contents = {path.read_bytes() for path in files}
    assert len(contents) == len(files)
    assert sum(map(len, contents)) < 3_000_000


def test_the_same_bytes_again(files, tmp_path) -> None:
    accident.make(tmp_path)
    for path in files:
        assert tmp_path.joinpath(*path.parts[-2:]).read_bytes() == path.read_bytes()
