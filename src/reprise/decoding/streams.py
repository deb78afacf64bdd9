"""Videos in containers: what MP4, MOV, MKV, WEBM and AVI hold, frame by frame."""

from collections.abc import Iterator
from io import BytesIO

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from reprise.decoding.boxes import FIRST
from reprise.decoding.errors import DecodeError, TooLargeError
from reprise.decoding.frames import Picture, Timeline
from reprise.decoding.screen import Screen

EXPECTED = "a whole MP4, MOV, MKV, WEBM or AVI video, or a .npz of frames"

# Codecs whose frames are stored in the order in which they are seen.
_IN_ORDER = frozenset({"ffv1", "huffyuv", "mjpeg", "msmpeg4", "rawvideo"})


def open_container(content: bytes, max_pixels: int) -> InputContainer:
    """Open a video of a known format; to be closed.

    Raises `DecodeError` at another format, and what PyAV does at a damaged file.
    """
    # Probing would also try formats that name other files or addresses, and then read those.
    name = _format(content)
    return av.open(
        BytesIO(content),
        "r",
        format=name,
        # What the header leaves out is learnt from the first frames.
        options=_limits(max_pixels),
        metadata_errors="replace",
        buffer_size=1 << 18,
    )


class Stream:
    """The first video stream of a file: its packets, and the frames in them.

    `size` is that of the pictures to be made. Raises `TooLargeError` where the header tells of more pixels in a frame
    or more seconds than are allowed, and `DecodeError` where there is nothing to decode.
    """

    def __init__(self, container: InputContainer, size: int, max_pixels: int, max_seconds: float) -> None:
        self._max_pixels, self._max_seconds = max_pixels, max_seconds
        self._stream = _first(container)
        self._check_pixels(self._stream.width, self._stream.height)
        self._check_seconds((container.duration or 0) / av.time_base)
        self._check_seconds(float((self._stream.duration or 0) * (self._stream.time_base or 0)))
        self._context = self._stream.codec_context
        self._context.options = _limits(max_pixels)
        # One thread: threads would make which frames come out together depend on the number of processors.
        self._context.thread_count = 1
        self._screen = Screen(size)
        # AVI keeps no times: they are made up from the order of decoding, which need not be that of seeing.
        self.has_times = container.format.name != "avi" or self._context.name in _IN_ORDER
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

    def picture(self, frame: VideoFrame) -> Picture:
        """Turn a frame that is not damaged into a picture."""
        if frame.is_corrupt:
            raise DecodeError("a damaged frame", EXPECTED)
        self._check_pixels(frame.width, frame.height)
        return self._screen.show(frame)

    def _interval(self) -> float:
        rate = self._stream.average_rate or self._stream.guessed_rate
        if not rate:
            raise DecodeError("frames without times", EXPECTED)
        return float(1 / rate)

    def _checked(self, timeline: Timeline) -> Timeline:
        self._check_seconds(timeline.duration)
        return timeline

    def _check_pixels(self, width: int, height: int) -> None:
        # Where the first frame was beyond the limits of the decoder, no size is told.
        if not 0 < width * height <= self._max_pixels:
            found = f"{width} x {height} pixels" if width else "frames of no size, or too large"
            raise TooLargeError(found, f"at most {self._max_pixels} pixels")

    def _check_seconds(self, seconds: float) -> None:
        if seconds > self._max_seconds:
            raise TooLargeError(f"{seconds:.1f} seconds", f"at most {self._max_seconds:g}")


def _first(container: InputContainer) -> VideoStream:
    for stream in container.streams.video:
        # The cover of an album is a video of one frame, too.
        if not stream.disposition & Disposition.attached_pic and stream.codec_context is not None:
            return stream
    raise DecodeError("no video in it that can be decoded", EXPECTED)


def _limits(max_pixels: int) -> dict[str, str]:
    """Return options that keep a decoder from frames much larger than the header tells."""
    # It counts the pixels of its buffers, whose rows are longer than those of the frame.
    return {"max_pixels": str(2 * max_pixels + (1 << 16))}


def _format(content: bytes) -> str:
    if content[4:8] in FIRST:
        return "mov"
    if content.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if content.startswith(b"RIFF") and content[8:12] == b"AVI ":
        return "avi"
    raise DecodeError("no video, by its first bytes", EXPECTED)
