"""The boxes that MP4 and MOV are made of (ISO/IEC 14496-12): whether they are whole, and their tables sane."""

from collections.abc import Iterator

from reprise.decoding.errors import DecodeError

# Those that a file begins with, and those that hold others.
FIRST = frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
_NESTED = frozenset({b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl", b"moof", b"traf"})
_EDITS = 100


def check_boxes(content: bytes) -> None:
    """Refuse a file of which the end is missing, or with tables of more samples than it has bytes.

    The decoder makes room for what a table tells, gigabytes for a file of kilobytes. Raises `DecodeError`.
    """
    end = 0
    for name, place, end in _boxes(content, 0, len(content)):
        if end > len(content):
            raise DecodeError(f"{len(content)} of at least {end} bytes", "a whole file")
        _check_tables(content, name, place, end)
    if any(content[end:]):
        raise DecodeError("the beginning of one more box", "a whole file")


def _check_tables(content: bytes, name: bytes, place: int, end: int) -> None:
    if name in _NESTED:
        for inner in _boxes(content, place, end):
            _check_tables(content, *inner)
    elif name == b"stsz":
        # Either one size for all samples, or a size of four bytes for each.
        size, count = _number(content, place + 4, 4), _number(content, place + 8, 4)
        if count * (size or 4) > len(content):
            raise DecodeError(f"a table of {count} samples", "samples that the file has room for")
    elif name == b"trun" and _number(content, place + 4, 4) > len(content):
        raise DecodeError(f"a fragment of {_number(content, place + 4, 4)} samples", "less than bytes")
    elif name == b"cmov":
        raise DecodeError("a compressed header", "a plain one")
    elif name == b"elst" and _number(content, place + 4, 4) > _EDITS:
        raise DecodeError(f"{_number(content, place + 4, 4)} edits", f"at most {_EDITS}")


def _boxes(content: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, place of what it holds and end of each box; a size of 1 stands for eight bytes more, 0 for all."""
    while place + 8 <= end:
        size, header = _number(content, place, 4), 8
        if size == 1:
            size, header = _number(content, place + 8, 8), 16
        size = size or end - place
        if size < header:
            raise DecodeError(f"a box of {size} bytes", f"at least {header}")
        yield content[place + 4 : place + 8], place + header, place + size
        place += size


def _number(content: bytes, place: int, size: int) -> int:
    return int.from_bytes(content[place : place + size])
