"""The few forms of GitHub's Markdown that a report is made of."""

import re
from collections.abc import Iterable, Sequence

# What would be read as Markdown or HTML.
_MARKS = {mark: f"\\{mark}" for mark in "\\`*_{}[]|~$"} | {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# What GitHub makes of text once that is done: mentions, issues, addresses, emoji. A space of no width keeps it text.
_LINKS = re.compile(r"@(?=\w)|#(?=\d)|:(?=//|[\w+-]+:)|(?<=\bwww)(?=\.)")


def cell(text: str) -> str:
    """Return `text` so that it stands in a line or a cell of a table as it is, whatever a file or a class is called."""
    parted = _LINKS.sub(lambda found: f"{found.group()}\u200b", " ".join(text.split()))
    return "".join(_MARKS.get(mark, mark) for mark in parted)


def number(value: float) -> str:
    """Return a number with five significant digits, as many as a person compares."""
    return f"{value:.5g}"


def change(value: float) -> str:
    """Return a difference with its sign."""
    return "0" if value == 0 else f"{value:+.3g}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """Return a table; the columns in `numbers` are set to the right. Cells are Markdown already."""
    aligned = ["---:" if place in numbers else "---" for place in range(len(header))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, aligned, *rows)) + "\n"


def details(summary: str, content: str) -> str:
    """Return `content` behind a line that opens it."""
    return f"<details>\n<summary>{summary}</summary>\n\n{content.rstrip()}\n\n</details>\n"
