"""Two ways to the frames of a stream: past those that nobody wants, or through all of them."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import groupby, pairwise

from reprise.decoding.errors import DecodeError
from reprise.decoding.frames import Picture
from reprise.decoding.streams import EXPECTED, Stream


class MisleadingError(Exception):
    """The times of the packets are not those of the frames in them."""


class WantedFrames:
    """The frames by the times of their packets, so that what no wanted frame needs is never decoded.

    They are the same as those of `AllFrames`, or `MisleadingError` is raised, here or on the way.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        if not stream.has_times:
            raise MisleadingError
        shown = {}
        for number, packet in enumerate(stream.packets):
            if packet.pts is None or packet.pts in shown:
                raise MisleadingError
            if not packet.is_discard:
                shown[packet.pts] = number
        if not shown:
            raise DecodeError("a video without frames", EXPECTED)
        self._pts = sorted(shown)
        self._numbers = [shown[pts] for pts in self._pts]
        self._keys = [number for number, packet in enumerate(stream.packets) if packet.is_keyframe]
        self.timeline = stream.timeline(self._pts, stream.packets[self._numbers[-1]].duration)

    def pictures(self, wanted: list[int]) -> Iterator[Picture]:
        """Yield the wanted frames, whose numbers ascend."""
        stream, last, fed = self._stream, None, 0
        missing = {self._pts[place] for place in wanted}
        for start, places in groupby(wanted, self._start):
            goals = {self._pts[place] for place in places} & missing
            if start > fed:
                stream.flush()
                fed = start
            while goals:
                if fed > len(stream.packets):
                    raise MisleadingError
                packet = stream.packets[fed] if fed < len(stream.packets) else None
                fed += 1
                for frame in stream.decode(packet, needed=packet is None or packet.pts in missing):
                    if frame.pts is None or (last is not None and frame.pts <= last):
                        raise MisleadingError
                    last = frame.pts
                    if last in missing:
                        missing.remove(last)
                        goals.discard(last)
                        yield stream.picture(frame)

    def _start(self, place: int) -> int:
        """Return the number of the packet from which a frame can be decoded: that of the key frame before it."""
        packets, number = self._stream.packets, self._numbers[place]
        for before in range(bisect_right(self._keys, number) - 1, -1, -1):
            key = self._keys[before]
            # Frames that are shown before a key frame but stored after it may need those before it.
            if (packets[key].pts or 0) <= self._pts[place]:
                return key
        return 0


class AllFrames:
    """The frames in the order in which they are decoded, all of them."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        told = [(frame.pts, frame.dts, frame.duration) for frame in stream.frames()]
        if not told:
            raise DecodeError("a video without frames", EXPECTED)
        for column in (0, 1):
            times = [frame[column] for frame in told]
            known = [time for time in times if time is not None]
            if len(known) == len(told) and all(before < after for before, after in pairwise(known)):
                self.timeline = stream.timeline(known, told[-1][2])
                return
        self.timeline = stream.even_timeline(len(told))

    def pictures(self, wanted: list[int]) -> Iterator[Picture]:
        """Yield the wanted frames, whose numbers ascend."""
        chosen = set(wanted)
        for number, frame in enumerate(self._stream.frames()):
            if number in chosen:
                yield self._stream.picture(frame)
