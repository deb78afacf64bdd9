"""Small sounds that tell of hours, of no channels, or of rates that nobody records at."""

import struct
from collections.abc import Sequence


def _wav(rate: int, told: int, there: int, channels: int = 1) -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * channels, channels, 8)
    data = b"data" + struct.pack("<I", told) + b"\x80" * there
    size = min(4 + len(form) + 8 + told, 2**32 - 1)
    return b"RIFF" + struct.pack("<I", size) + b"WAVE" + form + data


def bombs(good: Sequence[bytes]) -> list[bytes]:
    """Return what no server can be asked to take apart, some of it made from good ones."""
    samples = 2**36 - 1  # all that fit into the header of a FLAC
    flac = bytearray(good[0])
    # STREAMINFO begins at 8; its sample count is the last 36 bits of the 64 from its byte 10 on (RFC 9639, 8.2).
    flac[18:26] = (int.from_bytes(flac[18:26]) | samples).to_bytes(8)
    fast = bytearray(good[0])
    fast[18:26] = (int.from_bytes(fast[18:26]) | (2**20 - 1) << 44).to_bytes(8)
    return [
        bytes(flac),
        bytes(fast),
        _wav(8000, 8000 * 3600, 1000),
        _wav(100, 100 * 3600, 100 * 3600),  # honest, an hour of next to nothing
        _wav(100, 0xFFFFFFF0, 100 * 3600),
        _wav(100, 0, 1000),
        _wav(0, 1000, 1000),
        _wav(1, 1000, 1000),
        _wav(2**31 - 1, 1000, 1000),
        _wav(8000, 0, 0),
        _wav(8000, 65535, 65535, channels=65535),
        _wav(8000, 1000, 1000, channels=0),
        b"fLaC" + bytes(38),
        b"OggS" + bytes(23),
        b"FORM" + struct.pack(">I", 2**31) + b"AIFFCOMM" + bytes(40),
        b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(100),
        b"\xff\xfb\x90\0" + bytes(2000),
    ]
