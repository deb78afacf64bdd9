import zipfile
from io import BytesIO

import numpy as np
import pytest

from reprise.decoding.arrays import ArrayFrames
from reprise.decoding.errors import DecodeError, TooLargeError

from .films import archive

FRAMES = np.random.default_rng(0).integers(0, 256, (6, 4, 5, 3), dtype=np.uint8)


def read(content: bytes, max_pixels: int = 20, max_seconds: float = 1.0) -> ArrayFrames:
    return ArrayFrames(content, 10.0, max_pixels, max_seconds)


def rewritten(content: bytes, change) -> bytes:
    """Change the bytes of each array of a .npz."""
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)))
    return file.getvalue()


@pytest.mark.parametrize("compress", [True, False])
def test_the_wanted_frames_are_read(compress: bool) -> None:
    frames = read(archive(FRAMES, compress=compress))
    found = list(frames.pictures([1, 2, 5]))
    assert [np.asarray(picture.image).tolist() for picture in found] == FRAMES[[1, 2, 5]].tolist()
    assert {picture.aspect for picture in found} == {5 / 4}


@pytest.mark.parametrize(("others", "fps"), [({}, 10), ({"fps": 25}, 25), ({"fps": np.float32([12.5])}, 12.5)])
def test_the_file_may_tell_its_frames_a_second(others: dict, fps: float) -> None:
    timeline = read(archive(FRAMES, **others)).timeline
    assert timeline.times.tolist() == [number / fps for number in range(6)]
    assert timeline.duration == 6 / fps


@pytest.mark.parametrize(
    "frames",
    [
        FRAMES[0],
        FRAMES[..., :2],
        FRAMES[None],
        FRAMES.astype(np.float32),
        FRAMES[:0],
        FRAMES[:, :0],
        np.asfortranarray(FRAMES),
        np.array([{}], dtype=object),
    ],
)
def test_other_arrays_are_refused(frames: np.ndarray) -> None:
    with pytest.raises(DecodeError, match="expected an array `frames`"):
        read(archive(frames))


@pytest.mark.parametrize("fps", [0, -1, np.nan, np.inf, 1e9, [1, 2], "ten", None])
def test_an_absurd_number_of_frames_a_second_is_refused(fps: object) -> None:
    with pytest.raises(DecodeError, match="`fps`"):
        read(archive(FRAMES, fps=fps))


def test_a_file_without_frames_is_refused() -> None:
    np.savez(file := BytesIO(), pictures=FRAMES)
    with pytest.raises(DecodeError, match="no array `frames`"):
        read(file.getvalue())


def test_limits_hold_before_anything_is_read() -> None:
    with pytest.raises(TooLargeError, match="5 x 4 pixels; expected at most 19"):
        read(archive(FRAMES), max_pixels=19)
    with pytest.raises(TooLargeError, match=r"0\.6 seconds; expected at most 0\.5"):
        read(archive(FRAMES), max_seconds=0.5)


def test_a_header_that_tells_of_more_than_there_is_is_refused() -> None:
    content = rewritten(archive(FRAMES), lambda array: array.replace(b"(6, 4, 5, 3)", b"(9, 4, 5, 3)"))
    with pytest.raises(DecodeError, match="another size than it tells"):
        read(content)


def test_a_header_of_version_two_is_read() -> None:
    content = rewritten(archive(FRAMES), lambda array: b"\x93NUMPY\x02\0" + array[8:10] + bytes(2) + array[10:])
    (found,) = read(content).pictures([3])
    assert (np.asarray(found.image) == FRAMES[3]).all()


def test_another_version_of_the_format_is_refused() -> None:
    content = rewritten(archive(FRAMES), lambda array: array.replace(b"NUMPY\x01", b"NUMPY\x03"))
    with pytest.raises(DecodeError, match="version"):
        read(content)


def test_a_changed_byte_is_found_behind_the_last_wanted_frame() -> None:
    content = bytearray(archive(FRAMES, compress=False))
    content[content.index(FRAMES[5].tobytes())] ^= 1
    with pytest.raises(zipfile.BadZipFile):
        list(read(bytes(content)).pictures([0]))
