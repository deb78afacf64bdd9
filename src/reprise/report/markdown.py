"""The few forms of GitHub's Markdown that a report is made of."""

from collections.abc import Iterable, Sequence


def cell(text: str) -> str:
    """Return `text` so that it stands in one cell of a table as it is, whatever a file or a class is called."""
    for mark in "\\`*_{}[]<>#|~&@":
        text = text.replace(mark, f"\\{mark}" if mark not in "<>&@" else {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "@\u200b"}[mark])
    return " ".join(text.split())


def table(header: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """Return a table; the columns in `numbers` are set to the right. Cells are Markdown already."""
    aligned = ["---:" if place in numbers else "---" for place in range(len(header))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, aligned, *rows)) + "\n"


def details(summary: str, content: str) -> str:
    """Return `content` behind a line that opens it."""
    return f"<details>\n<summary>{summary}</summary>\n\n{content.rstrip()}\n\n</details>\n"
