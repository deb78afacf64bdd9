"""Small videos that tell of, or become, very much."""

import io
import struct
from collections.abc import Sequence
from zipfile import ZIP_DEFLATED, ZipFile

import av
import numpy as np


def bombs(good: Sequence[bytes]) -> list[bytes]:
    """Return what no server can be asked to take apart, some of it made from good ones."""
    return [
        *(_with_table(good[0], name, words) for name, words in _TABLES),
        _archive((10**9, 64, 64, 3)),
        _archive((10, 50_000, 50_000, 3)),
        _archive((2**62, 2**62, 2**62, 3)),
        _archive((8, 0, 0, 3)),
        _archive((-1, 8, 8, 3)),
        _archive((8, 8, 8, 3), dtype="|O"),
        _archive((8, 8, 8, 3), dtype="<f8"),
        _archive((5000, 64, 64, 3), zeros=5000 * 64 * 64 * 3, fps=1.0),  # honest: 60 MB in 60 kB
        _archive((8, 8, 8, 3), zeros=8 * 8 * 8 * 3 + 100_000_000),
        _archive((8, 8, 8, 3), fps=1e-300),
        _archive((8, 8, 8, 3), fps=float("nan")),
        _archive((8, 8, 8, 3), fps=float("inf")),
        _large(),
        b"\x1a\x45\xdf\xa3" + b"\x08" + b"\xff" * 7 + bytes(100),
        b"RIFF" + struct.pack("<I", 4) + b"AVI ",
        b"\0\0\0\x08moov",
        b"\0\0\0\x08moov" * 2000,
        _nested(2000),
    ]


# By the name of the box, words of four bytes by their place in it: lengths and counts.
_TABLES: tuple[tuple[bytes, dict[int, int]], ...] = (
    (b"mdhd", {3: 1}),  # a second a tick
    (b"stsz", {2: 2**31}),
    (b"stsz", {1: 2**31, 2: 2**16}),
    (b"stts", {1: 2**31}),
    (b"stts", {3: 2**31 - 1}),
    (b"stsc", {1: 2**31}),
    (b"stco", {2: 2**31}),
    (b"elst", {1: 2**31}),
)


def _with_table(content: bytes, name: bytes, words: dict[int, int]) -> bytes:
    changed, start = bytearray(content), content.index(name) + 4
    for place, value in words.items():
        changed[start + 4 * place : start + 4 * place + 4] = struct.pack(">I", value)
    return bytes(changed)


def _archive(shape: tuple[int, ...], dtype: str = "|u1", zeros: int = 1536, fps: float | None = None) -> bytes:
    """Return a .npz whose `frames` tell of a shape, with so many zeros behind it."""
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
        head = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode()
        archive.writestr("frames.npy", head + bytes(zeros))
        if fps is not None:
            number = io.BytesIO()
            np.save(number, np.float64(fps))
            archive.writestr("fps.npy", number.getvalue())
    return file.getvalue()


def _large() -> bytes:
    """Return a video of one frame of 8192 x 8192 pixels of which there are none."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width = stream.height = 8192
        stream.pix_fmt = "yuvj420p"
        packet = av.Packet(b"\xff\xd8\xff\xd9")
        packet.stream, packet.pts, packet.dts = stream, 0, 0
        container.mux(packet)
    return file.getvalue()


def _nested(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = struct.pack(">I", len(content) + 8) + b"moov" + content
    return content
