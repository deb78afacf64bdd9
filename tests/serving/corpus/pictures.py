"""Small pictures that tell of, or become, very many pixels."""

import io
import struct
import zlib
from collections.abc import Sequence

from PIL import Image

_SIDE = 50_000


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _png(width: int, height: int, pixels: bytes, *chunks: bytes, depth: int = 8, colour: int = 2) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def bombs(_: Sequence[bytes]) -> list[bytes]:
    """Return what no server can be asked to take apart."""
    nothing = zlib.compress(b"")
    text = zlib.compress(bytes(100_000_000), 9)
    return [
        _png(_SIDE, _SIDE, nothing),
        _png(2**31 - 1, 2**31 - 1, nothing),
        _png(0, 10, nothing),
        # The sides are honest: 1 bit a pixel, 20 kB of zeros packed twice as tight as they can be.
        _png(12_000, 12_000, zlib.compress(bytes(12_000 * 1501), 9), depth=1, colour=0),
        # Allowed sides, but less behind them than they say.
        _png(6000, 6000, zlib.compress(bytes(1000))),
        _png(8, 8, nothing, _chunk(b"zTXt", b"a\0\0" + text)),
        _png(8, 8, nothing, _chunk(b"iTXt", b"a\0\1\0\0\0" + text)),
        _png(8, 8, nothing, _chunk(b"iCCP", b"a\0\0" + text)),
        _jpeg(65535, 65535),
        struct.pack("<6sHHBBB", b"GIF89a", 65535, 65535, 0, 0, 0)
        + struct.pack("<cHHHHBBB", b",", 0, 0, 65535, 65535, 0, 2, 0)
        + b";",
        struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54, 0, 0, 54, 40, _SIDE, _SIDE, 1, 24, 0, 0, 1, 1, 0, 0),
        f"P6 {_SIDE} {_SIDE} 255\n".encode(),
        f"P5 {'9' * 500} 1 255\n".encode(),
        b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<II", 10, 0) + b"\xff" * 6,
        _tiff(_SIDE, _SIDE),
        _frames(),
    ]


def _jpeg(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "jpeg")
    start = file.getvalue().index(b"\xff\xc0") + 5
    return file.getvalue()[:start] + struct.pack(">HH", height, width) + file.getvalue()[start + 4 :]


def _tiff(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "tiff")
    content = file.getvalue()
    for tag, value in ((256, width), (257, height)):
        place = next(at for at in range(len(content)) if content[at : at + 2] == struct.pack("<H", tag))
        content = content[:place] + struct.pack("<HHII", tag, 4, 1, value) + content[place + 12 :]
    return content


def _frames() -> bytes:
    """Return a GIF of a small screen with a frame of the largest sides on it."""
    screen = struct.pack("<6sHHBBB", b"GIF89a", 8, 8, 0, 0, 0)
    return screen + struct.pack("<cHHHHBBB", b",", 0, 0, 65535, 65535, 0, 2, 0) + b";"
