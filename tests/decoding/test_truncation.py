import struct

import pytest

from reprise.decoding.errors import DecodeError
from reprise.decoding.truncation import check_whole


def chunk(name: bytes, size: int, body: bytes, order: str = "<") -> bytes:
    return name + struct.pack(f"{order}I", size) + body


def wave(riff: int, data: int, samples: int) -> bytes:
    rest = b"WAVE" + chunk(b"fmt ", 16, bytes(16)) + chunk(b"LIST", 3, bytes(4)) + chunk(b"data", data, bytes(samples))
    return chunk(b"RIFF", riff, rest)


def page(flags: int, *segments: int) -> bytes:
    table = bytes(segments)
    return b"OggS\0" + bytes([flags]) + bytes(20) + bytes([len(table)]) + table + bytes(sum(table))


def matroska(size: bytes, length: int) -> bytes:
    return b"\x1a\x45\xdf\xa3\x84" + bytes(4) + b"\x18\x53\x80\x67" + size + bytes(length)


def mp3(told: int, length: int, flags: int = 3, tag: bytes = b"") -> bytes:
    fields = struct.pack(">II", flags, 99) + struct.pack(">I", told) if flags & 1 else struct.pack(">II", flags, told)
    start = b"\xff\xfb\x90\x00" + bytes(32) + b"Info" + fields
    return tag + start + bytes(length - len(start))


AVI = b"AVI " + bytes(96)
ID3 = b"ID3\x04\0\0\0\0\x01\x02" + bytes(130)


@pytest.mark.parametrize(
    "content",
    [
        wave(148, 100, 100),
        wave(156, 100, 100),
        wave(0, 0, 100),
        wave(0xFFFFFFFF, 0xFFFFFFFF, 100),
        wave(0x7FFFF024, 0x7FFFF000, 100),
        wave(100, 100, 100) + b"more",
        chunk(b"FORM", 112, b"AIFF" + chunk(b"SSND", 100, bytes(100), ">"), ">"),
        chunk(b"RIFF", 100, AVI),
        chunk(b"RIFF", 100, AVI) + chunk(b"RIFF", 100, AVI),
        matroska(b"\x8a", 10),
        matroska(b"\x40\x0a", 10),
        matroska(b"\xff", 10),
        matroska(b"\x01" + b"\xff" * 7, 10),
        page(2, 30) + page(0, 255, 10) + page(4, 0),
        page(6, 30) + b"more",
        mp3(500, 500),
        mp3(500, 500, flags=2),
        mp3(9999, 500, flags=1),
        mp3(500, 500, tag=ID3),
        b"\xff\xd8\xff\xe0 picture \xff\xd9 and a trailer",
        b"",
        b"nothing known",
    ],
)
def test_whole_files_pass(content: bytes) -> None:
    check_whole(content)


@pytest.mark.parametrize(
    "content",
    [
        wave(148, 100, 99),
        wave(0xFFFFFFFF, 101, 100),
        chunk(b"FORM", 112, b"AIFF" + chunk(b"SSND", 100, bytes(99), ">"), ">"),
        chunk(b"RIFF", 100, AVI[:-1]),
        chunk(b"RIFF", 100, AVI) + chunk(b"RIFF", 101, AVI),
        matroska(b"\x8b", 10),
        matroska(b"\x40\x0b", 10),
        page(2, 30) + page(0, 30),
        page(2, 30) + page(4, 255, 10)[:-1],
        page(2, 30) + b"OggS",
        mp3(501, 500),
        mp3(501, 500, flags=2),
        mp3(501, 500, tag=ID3),
        b"\xff\xd8\xff\xe0 picture",
        b"\x89PNG\r\n\x1a\n picture IEND",
    ],
)
def test_files_without_their_end_are_refused(content: bytes) -> None:
    with pytest.raises(DecodeError, match="expected a whole file"):
        check_whole(content)
