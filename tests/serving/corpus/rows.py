"""Rows of a table that cannot be used."""

import random
from collections.abc import Iterator

from .case import Case, asked

# In JSON as it stands there: what is no number, and numbers that are none of float32.
_CELLS = (
    *('"1.0"', '"abc"', '""', '"NaN"', '"NA"', '"?"', '"\\u0000"', '"1_0"', '"\\u0661"'),
    *("true", "false", "[]", "[1.0]", "{}", '{"value": 1}', "[null]"),
    *("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e39", "-3.5e38", "1" + "0" * 60, "-" + "9" * 400),
    *("9" * 4299, "9" * 4301, "1e400", "0x10", "1,5", "01", "+1", ".5", "1.", "1e", "--1", "nan", "inf", "None"),
)


def rows(good: dict[str, float], count: int, draw: random.Random) -> Iterator[Case]:
    """Yield requests with a row each that has a wrong cell, or one too few, too many or of another name."""
    names = list(good)
    for number in range(count):
        name = draw.choice(names)
        kind = number % 6
        if kind < 2:
            cell = _CELLS[(number // 6 * 2 + kind) % len(_CELLS)]
            yield Case(f"{name} is {cell[:20]}", _with(good, name, cell, in_order=False))
        elif kind == 2:
            cell = _CELLS[number // 6 % len(_CELLS)]
            yield Case(f"in order, {name} is {cell[:20]}", _with(good, name, cell, in_order=True))
        elif kind == 3:
            lost = draw.sample(names, draw.randint(1, len(names)))
            yield Case(f"without {lost}", asked({key: good[key] for key in names if key not in lost}))
        elif kind == 4:
            values = list(good.values())
            size = draw.choice([*range(len(names)), *range(len(names) + 1, 40), 10_000])
            yield Case(f"{size} values in order", asked((values * (size // len(values) + 1))[:size]))
        else:
            other = _renamed(name, draw)
            changed = {other if key == name else key: value for key, value in good.items()}
            added = draw.random() < 0.5
            yield Case(f"{other[:20]!r} for {name}", asked(good, good | {other: 1.0} if added else changed))


def _renamed(name: str, draw: random.Random) -> str:
    letters = list(name)
    place = draw.randrange(len(letters))
    kinds = [
        lambda: name + " ",
        name.upper,
        lambda: "".join(letters[:place] + letters[place + 1 :]),
        lambda: "".join([*letters[:place], draw.choice("äß\u200b\n\0\x7f\U0001f377"), *letters[place:]]),
        lambda: name * 1000,
        lambda: "",
        lambda: str(place),
        lambda: "__class__",
    ]
    return draw.choice(kinds)()


def _with(good: dict[str, float], name: str, cell: str, *, in_order: bool) -> bytes:
    row = [*good.values()] if in_order else good
    marked = [*row] if isinstance(row, list) else dict(row)
    marked[list(good).index(name) if in_order else name] = "here"
    return asked(row, marked).replace(b'"here"', cell.encode())
