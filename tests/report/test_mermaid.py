import re
import string

import pytest

from reprise.report import mermaid
from reprise.report.mermaid import Axis, Line, bounds, chart, grid, label, numeral


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-5, "0.00001"), (1e21, "1" + "0" * 21), (-0.5, "-0.5"), (0.123456, "0.1235"), (60, "60"), (0, "0")],
)
def test_a_number_has_no_exponent(value: float, text: str) -> None:
    assert numeral(value) == text
    assert re.fullmatch(r"-?\d+(\.\d+)?", text)


def test_every_mark_of_a_keyboard_is_a_letter_a_digit_or_an_entity() -> None:
    for mark in string.printable:
        found = label(f"a{mark}b")
        assert re.fullmatch(r"([\w .,:()+/=-]|#\d+;)+", found, re.ASCII), found
        assert not set(found.replace(f"#{ord(mark)};", "")) & set('"#;%<>{}[]`\\\n')


def test_a_long_name_is_cut_and_an_invisible_mark_left_out() -> None:
    assert label("x" * 500) == "x" * 59 + "…"
    assert label("safe\u202etxt\x00") == "safetxt"
    assert label("\u200b") == label("") == "…"
    assert label("Äpfel 日本") == "Äpfel 日本"


@pytest.mark.parametrize("first", [0, 1, 7])
def test_an_old_mermaid_draws_every_point_of_the_grid(first: int) -> None:
    for last in range(first + 1, first + 400):
        places = grid(first, last)
        assert len(places) <= mermaid.POINTS
        assert places[0] == first
        assert places[-1] == pytest.approx(last)
        drawn, place, step = 0, float(first), (last - first) / (len(places) - 1)
        while place <= last:  # as Mermaid 11.4 does
            drawn, place = drawn + 1, place + step
        assert drawn == len(places)


def test_every_epoch_is_drawn_where_they_are_few() -> None:
    assert grid(1, 40) == list(range(1, 41))


def test_few_epochs_are_written_as_whole_numbers() -> None:
    assert str(Axis("epoch", 1, 4, whole=True)) == '"epoch" [1, 2, 3, 4]'
    assert str(Axis("epoch", 1, 60, whole=True)) == '"epoch" 1 --> 60'


def test_an_axis_has_room_and_keeps_its_bounds() -> None:
    assert bounds([0.5, 1.0], 0, 1) == (0.475, 1)
    assert bounds([0.0], 0) == (0, 1)
    low, high = bounds([2.0, 2.0])
    assert low < 2 < high


def luminance(colour: str) -> float:
    """Return WCAG 2's relative luminance."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", mermaid.SQUARES)
@pytest.mark.parametrize("ground", ["#ffffff", "#0d1117"])
def test_lines_are_readable_on_white_and_on_dark_grey(colour: str, ground: str) -> None:
    dark, light = sorted((luminance(colour), luminance(ground)))
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_a_full_chart_is_small() -> None:
    values = [0.12345678 * place for place in range(1, mermaid.POINTS + 1)]
    lines = [Line(colour, colour, values) for colour in mermaid.SQUARES]
    text = chart("x" * 500, Axis("x", 0, 1), Axis("y", 0, 1), lines)
    assert len(text) < 4000
    assert "🟦 #2f81f7 🟧 #db6d28" in text
