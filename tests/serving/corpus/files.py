"""Damaged files, and such that are none of their modality: what its decoder refuses, and how."""

import io
from collections.abc import Callable, Iterator, Sequence

import av
import numpy as np
import soundfile
from decoding.damage import NOTHING_KNOWN, cut_short, damaged
from PIL import Image

from reprise.decoding.decoder import Decoder
from reprise.decoding.errors import DecodeError, TooLargeError

from .case import FORM, JSON, Case, asked, encoded, form

# What people upload by mistake, or to see what happens.
FOREIGN = (
    *filter(None, NOTHING_KNOWN),
    b"\0",
    b"this is a text that was called cat.jpg\n",
    b"<!doctype html><title>404 Not Found</title>",
    b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64"/></svg>',
    b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n",
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n(/etc/passwd) (r) file\n%%EOF\n",
    b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    b"ffconcat version 1.0\nfile /etc/passwd\n",
    b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nm=video 5004 RTP/AVP 96\n",
    b"PK\x05\x06" + bytes(18),
    b"\x1f\x8b\x08\0\0\0\0\0\0\3" + bytes(20),
    b"\x7fELF\2\1\1" + bytes(100),
    b'{"instances": []}',
)


def refused(decoder: Decoder, contents: Sequence[bytes], *, some: bool = False) -> Iterator[Case]:
    """Yield uploads of contents that a decoder refuses, by turns as a form and in base64.

    It refuses all of them, unless `some` are enough: then those that it does not refuse are left out.
    """
    for number, content in enumerate(contents):
        status = _status(decoder, content)
        assert status is not None or some, content[:100]
        if status is not None:
            body, kind = (form(content), FORM) if number % 2 else (asked(encoded(content)), JSON)
            yield Case(f"file {number} of {len(content)} bytes {content[:16]!r}", body, kind, (status,))


def mutations(good: Sequence[bytes], modality: str, count: int, seed: int) -> list[bytes]:
    """Return `count` damaged or shortened files, from good ones of the bundle and from the same in other formats."""
    whole = [*good[:2], *_others(good[0], modality)]
    each = count // len(whole)
    found = []
    for number, content in enumerate(whole):
        found += [*cut_short(content, each // 3 - 7)][: each // 3]
        found += damaged(content, each - each // 3, seed + number)
    return found


def _status(decoder: Decoder, content: bytes) -> int | None:
    try:
        decoder.decode(content)
    except TooLargeError:
        return 413
    except DecodeError:
        return 422
    return None


def _others(content: bytes, modality: str) -> list[bytes]:
    """Return the same in other formats that people have."""
    return _MAKERS[modality](content)


def _pictures(content: bytes) -> list[bytes]:
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    return [_written(picture.save, kind) for kind in ("png", "webp", "gif", "bmp", "tiff", "ppm")]


def _sounds(content: bytes) -> list[bytes]:
    samples, rate = soundfile.read(io.BytesIO(content))

    def write(file: io.BytesIO, kind: str) -> None:
        soundfile.write(file, samples[: rate // 2], rate, format=kind)

    return [_written(write, kind) for kind in ("wav", "ogg", "mp3", "aiff")]


def _videos(content: bytes) -> list[bytes]:
    with av.open(io.BytesIO(content)) as container:
        stream = container.streams.video[0]
        rate = float(stream.average_rate)
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]

    def write(file: io.BytesIO, kind: str) -> None:
        np.savez_compressed(file, frames=np.stack(frames)[:, ::4, ::4], fps=rate)

    return [_written(write, "npz"), _remuxed(content, "matroska")]


def _remuxed(content: bytes, kind: str) -> bytes:
    file = io.BytesIO()
    with av.open(io.BytesIO(content)) as source, av.open(file, "w", format=kind) as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
    return file.getvalue()


def _written(write: Callable[[io.BytesIO, str], None], kind: str) -> bytes:
    file = io.BytesIO()
    write(file, kind)
    return file.getvalue()


_MAKERS = {"image": _pictures, "audio": _sounds, "video": _videos}
