"""Files that were cut short, told from the lengths that their formats state.

The libraries that decode them take what is there and say nothing.
"""

from reprise.decoding.boxes import FIRST, check_boxes
from reprise.decoding.errors import DecodeError

# What a writer that cannot go back to fill in a length leaves there: 0, or from here (SoX) up to 0xFFFFFFFF.
_UNKNOWN = 0x7FFFF000
# How JPEG and PNG begin, and what must be somewhere: more may follow.
_ENDS = {b"\xff\xd8\xff": b"\xff\xd9", b"\x89PNG": b"IEND\xaeB`\x82"}
_LAST_PAGE = 4


def check_whole(content: bytes) -> None:
    """Raise `DecodeError` where RIFF, AIFF, MP4, MOV, Matroska, Ogg, MP3, JPEG or PNG lacks its end."""
    if content.startswith(b"RIFF"):
        _riffs(content)
        if content[8:12] == b"WAVE":
            _samples(content, b"data", "<")
    elif content.startswith(b"FORM"):
        _samples(content, b"SSND", ">")
    elif content[4:8] in FIRST:
        check_boxes(content)
    elif content.startswith(b"\x1a\x45\xdf\xa3"):
        _segment(content)
    elif content.startswith(b"OggS"):
        _pages(content)
    elif content.startswith(b"ID3") or int.from_bytes(content[:2]) & 0xFFE0 == 0xFFE0:
        _frames(content)
    for start, end in _ENDS.items():
        if content.startswith(start) and content.rfind(end) < 0:
            raise DecodeError("a picture without its end", "a whole file")


def _need(end: int, content: bytes) -> None:
    if end > len(content):
        raise DecodeError(f"{len(content)} of at least {end} bytes", "a whole file")


def _number(content: bytes, place: int, size: int, order: str) -> int:
    return int.from_bytes(content[place : place + size], "little" if order == "<" else "big")


def _riffs(content: bytes) -> None:
    place = 0
    while content[place : place + 4] == b"RIFF":
        size = _number(content, place + 4, 4, "<")
        if not 0 < size < _UNKNOWN:
            return
        # Some writers of WAV count the eight bytes of the header, too.
        _need(place + size + (0 if content[8:12] == b"WAVE" else 8), content)
        place += 8 + size


def _samples(content: bytes, name: bytes, order: str) -> None:
    """Check the chunk with the samples of a WAV or AIFF."""
    place = 12
    while place + 8 <= len(content):
        size = _number(content, place + 4, 4, order)
        if content[place : place + 4] == name:
            if size < _UNKNOWN:
                _need(place + 8 + size, content)
            return
        place += 8 + size + size % 2


def _segment(content: bytes) -> None:
    """Check the segment of a Matroska (RFC 8794, 4): its length in as many bytes as the first of them has zeros."""
    place = 4
    for _ in range(2):
        if place >= len(content) or content[place] == 0:
            return
        width = 9 - content[place].bit_length()
        size = _number(content, place, width, ">") & ((1 << 7 * width) - 1)
        if size == (1 << 7 * width) - 1:
            return
        _need(place + width + size, content)
        # What follows the header is the segment, whose name has four bytes.
        place += width + size + 4


def _pages(content: bytes) -> None:
    """Check the last page of an Ogg (RFC 3533, 6): that it is whole, and that it says that it is the last."""
    place = content.rfind(b"OggS")
    table = content[place + 27 : place + 27 + content[place + 26]] if place + 26 < len(content) else b""
    _need(place + 27 + len(table) + sum(table), content)
    if not content[place + 5] & _LAST_PAGE:
        raise DecodeError("an Ogg without its last page", "a whole file")


def _frames(content: bytes) -> None:
    """Check the length in the Xing header of an MP3, which most writers put into the first frame."""
    start = 0
    if content.startswith(b"ID3"):
        # Four times seven bits (ID3v2.4.0, 3.1).
        start = 10 + sum((content[6 + place] & 0x7F) << 7 * (3 - place) for place in range(4) if len(content) > 9)
    for name in (b"Xing", b"Info"):
        place = content.find(name, start, start + 64)
        flags = _number(content, place + 4, 4, ">")
        if place >= 0 and flags & 2:
            _need(start + _number(content, place + 8 + 4 * (flags & 1), 4, ">"), content)
