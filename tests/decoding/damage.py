"""Damaged files, as disks, networks and people with bad intent make them."""

import random
from collections.abc import Iterator

NOTHING_KNOWN = (b"", b"\0" * 5000, b"Dear reader,\n\nthis is a letter.\n" * 50, random.Random(1).randbytes(5000))


def cut_short(content: bytes, places: int = 40) -> Iterator[bytes]:
    """Yield the content without its end: by some bytes, and at places spread evenly."""
    for lost in (1, 2, 3, 5, 8, 13, 21):
        yield content[:-lost]
    for place in range(places):
        yield content[: len(content) * place // places]


def damaged(content: bytes, count: int, seed: int = 0) -> Iterator[bytes]:
    """Yield the content with other bytes in it, above all in its header, extreme lengths, or a part left out."""
    draw = random.Random(seed)
    for _ in range(count):
        changed = bytearray(content)
        kind = draw.randrange(4)
        end = min(len(changed), 200) if kind == 1 else len(changed)
        if kind < 2:
            for _ in range(draw.randint(1, 5)):
                changed[draw.randrange(end)] = draw.randrange(256)
        elif kind == 2:
            place = draw.randrange(min(len(changed), 1000) - 4)
            changed[place : place + 4] = draw.choice([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\0\0\0\1"])
        else:
            first, last = sorted(draw.randrange(len(changed)) for _ in range(2))
            del changed[first:last]
        yield bytes(changed)
