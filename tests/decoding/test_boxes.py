import struct

import pytest

from reprise.decoding.boxes import check_boxes
from reprise.decoding.errors import DecodeError


def box(name: bytes, *inner: bytes) -> bytes:
    body = b"".join(inner)
    return struct.pack(">I", 8 + len(body)) + name + body


def table(*numbers: int) -> bytes:
    """Version and flags, and the numbers of a table."""
    return struct.pack(f">{len(numbers) + 1}I", 0, *numbers)


def film(*inner: bytes) -> bytes:
    tables = box(b"mdia", box(b"minf", box(b"stbl", *inner)))
    return box(b"ftyp", b"isom") + box(b"moov", box(b"trak", tables)) + box(b"mdat", bytes(100))


WHOLE = film(box(b"stsz", table(0, 3, 10, 20, 30)))


@pytest.mark.parametrize(
    "content",
    [
        WHOLE,
        WHOLE + bytes(5),
        WHOLE + struct.pack(">I", 0) + b"mdat" + bytes(50),
        WHOLE + struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 16 + 50) + bytes(50),
        film(box(b"stsz", table(100, 1))),
        box(b"moov", box(b"trak", box(b"edts", box(b"elst", table(1, 0, 0, 0))))),
    ],
)
def test_whole_files_pass(content: bytes) -> None:
    check_boxes(content)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (WHOLE[:-1], "bytes"),
        (WHOLE[:-103], "the beginning of one more box"),
        (WHOLE + struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 16 + 50) + bytes(49), "bytes"),
        (WHOLE + struct.pack(">I", 7) + b"free", "a box of 7 bytes"),
        (film(box(b"stsz", table(1, 1 << 26))), "a table of 67108864 samples"),
        (film(box(b"stsz", table(0, 1 << 26))), "a table of 67108864 samples"),
        (box(b"moof", box(b"traf", box(b"trun", table(1 << 26)))), "a fragment of 67108864 samples"),
        (box(b"moov", box(b"trak", box(b"edts", box(b"elst", table(101, *[0] * 303))))), "101 edits"),
        (box(b"moov", box(b"cmov", bytes(20))), "a compressed header"),
    ],
)
def test_files_that_lack_or_promise_too_much_are_refused(content: bytes, found: str) -> None:
    with pytest.raises(DecodeError, match=found):
        check_boxes(content)


def test_boxes_in_boxes_without_end_are_followed() -> None:
    content = b""
    for _ in range(100):
        content = box(b"moov", content)
    check_boxes(content)
