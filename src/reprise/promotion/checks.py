"""What was checked and what came of it, as Markdown for a terminal and for the summary of a job."""

from collections.abc import Sequence
from dataclasses import dataclass

from reprise.errors import InputError
from reprise.report.markdown import cell, details, table

_MARKS = {True: "✅", False: "❌", None: ""}


@dataclass(frozen=True)
class Check:
    """One check: what was found and what was expected; `passed` is None where there is nothing to compare with."""

    name: str
    found: str
    expected: str
    passed: bool | None = True


def failure(name: str, error: InputError) -> Check:
    """Return the check that ended with an error."""
    found, _, expected = str(error).rpartition("; expected ")
    return Check(name, found, expected, passed=False)


def checks_table(checks: Sequence[Check]) -> str:
    """Return the Markdown table of all checks, in their order."""
    rows = [(cell(one.name), cell(one.found), cell(one.expected), _MARKS[one.passed]) for one in checks]
    return table(("check", "found", "expected", "verdict"), rows)


def log_details(text: str) -> str:
    """Return the lines of a log behind a line that opens them; indented, as they may hold any mark."""
    return details("The server's log", "\n".join(f"    {line}" for line in text.splitlines()))
