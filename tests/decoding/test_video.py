import struct
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from io import BytesIO

import av
import numpy as np
import pytest

from reprise.decoding.errors import DecodeError, TooLargeError
from reprise.decoding.playing import AllFrames
from reprise.decoding.video import VideoDecoder

from .damage import NOTHING_KNOWN, cut_short, damaged
from .films import archive, draw, film, shown

# Windows of 0.4 seconds at 10 frames a second, every 0.2 seconds.
DECODER = VideoDecoder(16, 0.4, 0.2, 10.0)
FRAMES = [draw(number) for number in range(30)]
H265 = {"x265_params": "log-level=none:keyint=12:bframes=3"}
KINDS = {
    "h264 mp4": ("libx264", "mp4", {}),
    "faststart mp4": ("libx264", "mp4", {"movflags": "faststart"}),
    "fragmented mp4": ("libx264", "mp4", {"movflags": "frag_keyframe+empty_moov", "g": "5"}),
    "h264 mov": ("libx264", "mov", {"g": "5"}),
    "h265 mp4": ("libx265", "mp4", H265),
    "h264 mkv": ("libx264", "matroska", {}),
    "vp8 webm": ("libvpx", "webm", {}),
    "vp9 webm": ("libvpx-vp9", "webm", {"row_mt": "0"}),
    "mpeg4 avi": ("mpeg4", "avi", {"bf": "2"}),
    "h264 avi": ("libx264", "avi", {}),
    "mjpeg avi": ("mjpeg", "avi", {}),
}
NAMES = [*KINDS, "npz"]


@cache
def made(name: str) -> bytes:
    """Thirty frames in 1.2 seconds."""
    if name == "npz":
        return archive(np.stack(FRAMES), fps=25)
    codec, container, options = KINDS[name]
    return film(FRAMES, codec, container, **options)


def decode(content: bytes, decoder: VideoDecoder = DECODER) -> np.ndarray:
    decoded = decoder.decode(content)
    clips = len(decoded.items)
    assert clips
    assert decoded.items.shape == (clips, *decoder.shape)
    assert decoded.items.dtype == decoder.dtype
    assert decoded.features.shape == (clips, len(decoder.features))
    assert decoded.features.dtype == np.float32
    assert np.isfinite(decoded.features).all()
    return decoded.items


def numbers(content: bytes, decoder: VideoDecoder = DECODER) -> list[list[int]]:
    """Say which frames the clips show."""
    return [[shown(frame) for frame in clip] for clip in decode(content, decoder)]


def expected(duration: float, times: list[float], decoder: VideoDecoder = DECODER) -> list[list[int]]:
    clips, start = [], 0.0
    while start + decoder.seconds <= duration + 1e-9:
        moments = [start + place / decoder.fps for place in range(decoder.shape[0])]
        clips.append([max(n for n, time in enumerate(times) if time <= moment + 0.001) for moment in moments])
        start = len(clips) * decoder.stride
    return clips


@pytest.mark.parametrize("name", NAMES)
def test_clips_show_what_is_on_screen(name: str) -> None:
    assert numbers(made(name)) == expected(1.2, [number / 25 for number in range(30)])


@pytest.mark.parametrize("decoder", [VideoDecoder(16, 0.25, 0.5, 4.0), VideoDecoder(16, 0.04, 0.28, 25.0)])
@pytest.mark.parametrize("name", ["h264 mov", "h265 mp4", "vp9 webm", "npz"])
def test_frames_between_clips_are_left_out(name: str, decoder: VideoDecoder) -> None:
    assert numbers(made(name), decoder) == expected(1.2, [number / 25 for number in range(30)], decoder)


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_frames_may_come_at_any_time(container: str) -> None:
    draw_times = np.random.default_rng(0)
    times = np.cumsum(draw_times.choice([20, 40, 60, 130, 450], 40)).tolist()
    content = film([draw(number) for number in range(40)], container=container, rate=1000, times=times, g="6")
    since = [(time - times[0]) / 1000 for time in times]
    # How long the last frame is seen is a matter of the container, here of a millisecond.
    assert numbers(content)[:-1] == expected(since[-1], since)[: len(numbers(content)) - 1]
    assert len(numbers(content)) == pytest.approx((since[-1] - 0.4) / 0.2 + 1, abs=1.1)


def test_times_rounded_to_milliseconds_are_those_meant() -> None:
    decoder = VideoDecoder(16, 1.0, 1.0, 30.0)
    frames = [draw(number) for number in range(60)]
    for container in ("mp4", "matroska"):
        assert numbers(film(frames, container=container, rate=30), decoder) == [[*range(30)], [*range(30, 60)]]


def test_the_last_window_may_end_with_the_video() -> None:
    content = film(FRAMES[:25])
    assert len(decode(content, VideoDecoder(16, 1.0, 1.0, 5.0))) == 1
    assert len(decode(content, VideoDecoder(16, 0.5, 0.5, 5.0))) == 2
    with pytest.raises(DecodeError, match=r"1\.000 seconds; expected at least 1\.01, a clip"):
        decode(content, VideoDecoder(16, 1.01, 1.0, 5.0))


def test_a_single_frame_is_seen_for_its_duration() -> None:
    assert numbers(film(FRAMES[:1]), VideoDecoder(16, 0.04, 1.0, 25.0)) == [[0]]
    with pytest.raises(DecodeError):
        decode(film(FRAMES[:1]))


@pytest.mark.parametrize(
    ("codec", "container", "options"),
    [
        ("libx264", "mp4", {"g": "12", "x264_params": "open-gop=1:bframes=4:b-pyramid=normal"}),
        ("libx264", "matroska", {"g": "12", "flags": "+ilme+ildct"}),
        ("libx264", "mp4", {"g": "20", "x264_params": "intra-refresh=1"}),
        ("libx265", "mp4", {"x265_params": "log-level=none:keyint=12:open-gop=1:bframes=4"}),
        ("libvpx", "webm", {"g": "20", "auto_alt_ref": "1", "lag_in_frames": "16"}),
        ("libvpx-vp9", "webm", {"g": "12", "auto_alt_ref": "1", "lag_in_frames": "16"}),
        ("mpeg4", "mov", {"g": "12", "bf": "2"}),
        ("mpeg2video", "matroska", {"g": "12", "bf": "2"}),
    ],
)
def test_what_is_left_out_changes_nothing(
    codec: str, container: str, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = np.random.default_rng(0)
    frames = [np.roll(noise.integers(0, 256, (48, 64, 3), dtype=np.uint8) // 4 + draw(3) // 2, n, 1) for n in range(50)]
    content = film(frames, codec, container, **options)
    for decoder in (DECODER, VideoDecoder(16, 0.2, 0.7, 5.0), VideoDecoder(16, 0.04, 0.3, 25.0)):
        fast = decoder.decode(content)
        with monkeypatch.context() as patch:
            patch.setattr("reprise.decoding.video.WantedFrames", AllFrames)
            plain = decoder.decode(content)
        assert (fast.items == plain.items).all()
        assert (fast.features == plain.features).all()


def test_frames_are_scaled_and_cut_like_pictures() -> None:
    wide = np.zeros((96, 288, 3), np.uint8)
    wide[:, :96, 0], wide[:, 96:192, 1], wide[:, 192:, 2] = 255, 255, 255
    content = film([wide] * 10)
    found = DECODER.decode(content)
    inner = found.items[:, :, 1:-1, 1:-1]
    assert np.abs(inner.astype(int) - (0, 255, 0)).max() < 12
    assert found.features[0, DECODER.features.index("aspect")] == 3


@pytest.mark.parametrize("size", [8, 16, 23, 24, 25, 47, 48, 49, 200])
def test_a_frame_is_never_made_too_small(size: int) -> None:
    small = VideoDecoder(size, 0.4, 0.2, 10.0).decode(made("h264 mp4"))
    whole = VideoDecoder(size, 0.4, 0.2, 10.0).decode(made("npz"))
    assert small.items.shape == (5, 4, size, size, 3)
    assert np.abs(small.items.astype(int) - whole.items).mean() < 6


# Display matrices, and what numpy does to see the same.
TURNS = {
    "not": ((1, 0, 0, 1), lambda frame: frame),
    "right": ((0, 1, -1, 0), lambda frame: np.rot90(frame, -1)),
    "about": ((-1, 0, 0, -1), lambda frame: np.rot90(frame, 2)),
    "left": ((0, -1, 1, 0), np.rot90),
    "mirrored": ((-1, 0, 0, 1), np.fliplr),
    "upside down": ((1, 0, 0, -1), np.flipud),
    "transposed": ((0, 1, 1, 0), lambda frame: frame.transpose(1, 0, 2)),
    "transversed": ((0, -1, -1, 0), lambda frame: np.rot90(frame, 2).transpose(1, 0, 2)),
}


@pytest.mark.parametrize("name", TURNS)
def test_a_video_is_turned_upright(name: str) -> None:
    (a, b, c, d), turn = TURNS[name]
    content = bytearray(made("h264 mov"))
    # In the track header behind its times, its name and its place (ISO/IEC 14496-12, 8.3.2).
    struct.pack_into(">5i", content, content.index(b"tkhd") + 4 + 40, *(n << 16 for n in (a, b, 0, c, d)))
    found = DECODER.decode(bytes(content))
    upright = DECODER.decode(archive(np.stack([turn(frame) for frame in FRAMES]), fps=25))
    assert np.abs(found.items.astype(int) - upright.items).mean() < 6
    aspect = DECODER.features.index("aspect")
    assert found.features[0, aspect] == pytest.approx(upright.features[0, aspect])


def test_motion_is_the_mean_difference_of_frames() -> None:
    frames = np.zeros((20, 20, 20, 3), np.uint8)
    frames[1::2] = 10
    frames[:, :, :, 2] = 77
    motion = VideoDecoder(20, 0.4, 0.4, 10.0).decode(archive(frames, fps=10)).features[:, -1]
    assert motion == pytest.approx([20 / 3] * 5)
    assert VideoDecoder(20, 0.1, 0.4, 10.0).decode(archive(frames, fps=10)).features[0, -1] == 0


def test_features_are_means_over_the_clip() -> None:
    frames = np.zeros((4, 16, 16, 3), np.uint8)
    frames[..., 0] = np.array([0, 40, 80, 120])[:, None, None]
    found = DECODER.decode(archive(frames, fps=10))
    assert found.features[0, DECODER.features.index("red_mean")] == 60
    assert found.features[0, DECODER.features.index("green_mean")] == 0


@pytest.mark.parametrize("name", NAMES)
def test_too_many_pixels_are_refused(name: str) -> None:
    assert decode(made(name), VideoDecoder(16, 0.4, 0.2, 10.0, max_pixels=64 * 48)).shape[0] == 5
    with pytest.raises(TooLargeError, match="64 x 48 pixels; expected at most 3071 pixels"):
        decode(made(name), VideoDecoder(16, 0.4, 0.2, 10.0, max_pixels=64 * 48 - 1))


@pytest.mark.parametrize("name", NAMES)
def test_too_many_seconds_are_refused(name: str) -> None:
    assert decode(made(name), VideoDecoder(16, 0.4, 0.2, 10.0, max_seconds=1.25)).shape[0] == 5
    with pytest.raises(TooLargeError, match=r"1\.2 seconds; expected at most 1\.1"):
        decode(made(name), VideoDecoder(16, 0.4, 0.2, 10.0, max_seconds=1.1))


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
@pytest.mark.parametrize("pixels", [64 * 48, 400 * 400])
def test_frames_larger_than_the_header_tells_are_refused(codec: str, pixels: int) -> None:
    content = bytearray(film([np.zeros((480, 640, 3), np.uint8)] * 10, codec))
    entry = content.index(b"stsd") + 16
    struct.pack_into(">HH", content, entry + 28, 64, 48)
    with pytest.raises(TooLargeError):
        decode(bytes(content), VideoDecoder(16, 0.4, 0.2, 10.0, max_pixels=pixels))


@pytest.mark.parametrize("name", NAMES)
def test_a_truncated_video_is_refused(name: str) -> None:
    for content in cut_short(made(name), 30):
        with pytest.raises(DecodeError):
            decode(content)


@pytest.mark.parametrize("name", NAMES)
def test_damage_ends_in_clips_or_is_refused(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    messages = [refusal(content) for content in damaged(made(name), 40)]
    assert any(messages)
    assert not any("\n" in message or " at 0x" in message for message in messages)
    assert capfd.readouterr() == ("", "")


def refusal(content: bytes) -> str:
    """Say why the content is refused, or nothing."""
    try:
        decode(content)
    except DecodeError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "content",
    [
        *NOTHING_KNOWN,
        b"#EXTM3U\n#EXTINF:10,\n/etc/hostname\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        b"\0\0\0\x08ftyp",
        b"PK\x05\x06" + bytes(18),
    ],
)
def test_what_is_no_video_is_refused(content: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(content)


def test_a_sound_alone_is_refused() -> None:
    with av.open(file := BytesIO(), "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), "fltp", "mono")
        frame.rate = 8000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    with pytest.raises(DecodeError, match="no video in it"):
        decode(file.getvalue())


def test_large_frames_are_never_held_together() -> None:
    content = archive(np.zeros((100, 400, 400, 3), np.uint8), fps=25)
    tracemalloc.start()
    try:
        decode(content)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 5 * 400 * 400 * 3


def test_threads_get_what_one_gets() -> None:
    contents = [made(name) for name in ("h264 mp4", "vp9 webm", "h264 avi", "npz")] * 3
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(decode, contents))
    assert all((one == decode(content)).all() for one, content in zip(together, contents, strict=True))
