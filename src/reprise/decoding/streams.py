"""Videos in containers: what MP4, MOV, MKV, WEBM and AVI hold, frame by frame."""

import struct
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import cast

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream
from PIL import Image

from reprise.decoding.errors import DecodeError, TooLargeError
from reprise.decoding.frames import Timeline
from reprise.decoding.truncation import BOXES

EXPECTED = "a whole MP4, MOV, MKV, WEBM or AVI video, or a .npz of frames"

# Without these the bits of colours follow the processor; the first keeps the colours of neighbours apart.
_EXACT = Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
# What turns a picture upright, by the signs of the upper left of its display matrix.
_UPRIGHT = {
    (0, 1, -1, 0): Image.Transpose.ROTATE_270,
    (-1, 0, 0, -1): Image.Transpose.ROTATE_180,
    (0, -1, 1, 0): Image.Transpose.ROTATE_90,
    (-1, 0, 0, 1): Image.Transpose.FLIP_LEFT_RIGHT,
    (1, 0, 0, -1): Image.Transpose.FLIP_TOP_BOTTOM,
    (0, 1, 1, 0): Image.Transpose.TRANSPOSE,
    (0, -1, -1, 0): Image.Transpose.TRANSVERSE,
}


def open_container(content: bytes, max_pixels: int) -> InputContainer:
    """Open a video of a known format; to be closed.

    Raises `DecodeError` at another format, and what PyAV does at a damaged file.
    """
    # What the header leaves out is learnt from the first frames, for which the largest number of pixels holds, too.
    options = {"max_pixels": str(max_pixels)}
    # Probing would also try formats that name other files or addresses, and then read those.
    name = _format(content)
    return av.open(BytesIO(content), "r", format=name, options=options, metadata_errors="replace", buffer_size=1 << 18)


class Stream:
    """The first video stream of a file: its packets, and the frames in them.

    `size` is that of the pictures to be made. Raises `TooLargeError` where the header tells of more pixels in a frame
    or more seconds than are allowed, and `DecodeError` where there is nothing to decode.
    """

    def __init__(self, container: InputContainer, size: int, max_pixels: int, max_seconds: float) -> None:
        self._size, self._max_seconds = size, max_seconds
        self._stream = _first(container)
        width, height = self._stream.width, self._stream.height
        if width * height > max_pixels:
            raise TooLargeError(f"{width} x {height} pixels", f"at most {max_pixels} pixels")
        self._check_seconds((container.duration or 0) / av.time_base)
        self._check_seconds(float((self._stream.duration or 0) * (self._stream.time_base or 0)))
        self._context = self._stream.codec_context
        self._context.options = {"max_pixels": str(max_pixels)}
        # One thread: threads would make which frames come out together depend on the number of processors.
        self._context.thread_count = 1
        self._reformatter = VideoReformatter()
        # AVI keeps no times: they are made up from the order of decoding.
        self.has_times = container.format.name != "avi"
        self.packets = [packet for packet in container.demux(self._stream) if packet.size]
        if any(packet.is_corrupt for packet in self.packets):
            raise DecodeError("a damaged packet", EXPECTED)

    def decode(self, packet: "Packet[VideoStream] | None", *, needed: bool = True) -> list[VideoFrame]:
        """Decode one packet, or with None what the decoder holds back.

        A packet that is not needed is left out where no other refers to it. Raises what PyAV does.
        """
        self._context.skip_frame = "DEFAULT" if needed else "NONREF"
        return self._context.decode(packet)

    def flush(self) -> None:
        """Forget what was decoded, to go on at a key frame."""
        self._context.flush_buffers()

    def frames(self) -> Iterator[VideoFrame]:
        """Decode everything, from the start."""
        self.flush()
        for packet in (*self.packets, None):
            yield from self.decode(packet)

    def timeline(self, times: list[int], last: int | None) -> Timeline:
        """Make a timeline from ascending times and the duration of the last frame, in the units of the stream."""
        unit = float(self._stream.time_base or 0)
        starts = (np.array(times, np.int64) - times[0]) * np.float64(unit)
        held = (last or 0) * unit
        if not held:
            # Where none is told, the last frame is seen as long as the one before it.
            held = float(starts[-1] - starts[-2]) if len(starts) > 1 else self._interval()
        return self._checked(Timeline(starts, float(starts[-1]) + held))

    def even_timeline(self, count: int) -> Timeline:
        """Make a timeline of frames that tell no times."""
        interval = self._interval()
        return self._checked(Timeline(np.arange(count) * np.float64(interval), count * interval))

    def picture(self, frame: VideoFrame) -> Image.Image:
        """Turn a frame into RGB, upright; a large one is made smaller on the way, but not below the size asked for."""
        if frame.is_corrupt:
            raise DecodeError("a damaged frame", EXPECTED)
        divisor = max(1, min(frame.width, frame.height) // self._size)
        rgb = self._reformatter.reformat(
            frame,
            width=round(frame.width / divisor),
            height=round(frame.height / divisor),
            format="rgb24",
            interpolation=Interpolation.BILINEAR | _EXACT,
            threads=1,
        )
        picture = Image.fromarray(rgb.to_ndarray())
        turn = _UPRIGHT.get(_orientation(frame))
        return picture if turn is None else picture.transpose(turn)

    def _interval(self) -> float:
        rate = self._stream.average_rate or self._stream.guessed_rate
        if not rate:
            raise DecodeError("frames without times", EXPECTED)
        return float(1 / rate)

    def _checked(self, timeline: Timeline) -> Timeline:
        self._check_seconds(timeline.duration)
        return timeline

    def _check_seconds(self, seconds: float) -> None:
        if seconds > self._max_seconds:
            raise TooLargeError(f"{seconds:.1f} seconds", f"at most {self._max_seconds:g}")


def _first(container: InputContainer) -> VideoStream:
    for stream in container.streams.video:
        # The cover of an album is a video of one frame, too.
        if not stream.disposition & Disposition.attached_pic and stream.codec_context is not None:
            return stream
    raise DecodeError("no video in it that can be decoded", EXPECTED)


def _format(content: bytes) -> str:
    if content[4:8] in BOXES:
        return "mov"
    if content.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if content.startswith(b"RIFF") and content[8:12] == b"AVI ":
        return "avi"
    raise DecodeError("no video, by its first bytes", EXPECTED)


def _orientation(frame: VideoFrame) -> tuple[int, int, int, int]:
    """Return the signs of the larger two of the four numbers of a display matrix that turn and mirror."""
    # PyAV's type stubs know of one kind of side data only.
    matrix = cast("Mapping[str, bytes]", frame.side_data).get("DISPLAYMATRIX")
    if matrix is None:
        return (1, 0, 0, 1)
    a, b, _, c, d = struct.unpack_from("=5i", matrix)
    signs = [(number > 0) - (number < 0) for number in (a, b, c, d)]
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return (signs[0], 0, 0, signs[3])
    return (0, signs[1], signs[2], 0)
