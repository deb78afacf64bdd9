"""The commands `reprise report` and `reprise gate`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from reprise.errors import InputError
from reprise.files import replacing
from reprise.report import confusion, curves, data, metrics, mistakes, parameters, roc, versions
from reprise.report.comparison import Comparison, compare_with
from reprise.report.gate import Verdict, judge, summary, verdict_table
from reprise.report.markdown import cell, change, number
from reprise.report.metrics import EVALUATE, Change
from reprise.report.parameters import rules

# GitHub takes comments of 65,536 bytes, and there are a line for each other task and CML's mark beside the report.
LIMIT = 60_000
_REST = "The rest is more than a comment holds: `reprise report --data` and the plots of DVC have it.\n"
# What a line about a task tells.
_MAIN = ("accuracy", "macro_f1", "log_loss")


class StaleError(InputError):
    """The reports are not those of the working tree."""


def report_command(base: str, output: str, only_data: bool, line: bool, images: bool) -> None:
    """Write what changed since `base` as Markdown: all of it, the part about data, or a line."""
    path = Path(output)
    if path.is_dir():  # it would be replaced as a whole
        raise InputError("--output", f"{output} is a folder", "the name of a file, or - for the screen")
    found = compare_with(base)
    if line:
        text = _line(found)
    elif only_data:
        text = _cut([_title(found), data.section(found.before, found.after)])
    else:
        text = _cut(_report(found, images))
    if output == "-":
        sys.stdout.write(text)
        return
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")


def gate_command(base: str) -> None:
    """Print what each rule of params.yaml says of the metrics since `base`; exit with 1 where one is broken.

    Raises `StaleError` where the reports are not those of the working tree.
    """
    found = compare_with(base)
    if found.stale:
        raise StaleError("reports", f"{', '.join(found.stale)} would run anew", "those of `dvc repro`")
    rows = metrics.changes(found.before, found.after, found.params.gate).get(EVALUATE, [])
    verdicts = _verdicts(found, rows)
    sys.stdout.write(_gate(found, verdicts))
    if any(verdict.broken for verdict in verdicts):
        sys.exit(1)


def _report(found: Comparison, images: bool) -> list[str]:
    before, after = found.before, found.after
    changes = metrics.changes(before, after, found.params.gate)
    verdicts = _verdicts(found, changes.get(EVALUATE, []))
    parts = [
        _title(found),
        _gate(found, verdicts),
        parameters.section(before, after),
        metrics.section(changes, found.comparable),
        data.section(before, after),
    ]
    if found.comparable:
        parts += [section(before, after) for section in (curves.section, confusion.section, roc.section)]
        parts.append(mistakes.section(before, after, images))
    return [*parts, versions.section(before, after)]


def _title(found: Comparison) -> str:
    task = found.params.task
    commit = found.before.revision or ""
    lines = [f"## {cell(task)}: what changes\n", f"Compared with `{commit[:12]}` ({cell(found.base)}).\n"]
    if found.task_before is None:
        lines.append("> [!NOTE]\n> There were no parameters before.\n")
    elif not found.comparable:
        told = f"The task was {cell(found.task_before)} and is {cell(task)}: metrics and answers cannot be compared."
        lines.append(f"> [!NOTE]\n> {told}\n")
    if found.stale:
        stages = ", ".join(map(cell, found.stale))
        told = f"{stages} would run anew: what follows is not of these parameters, data and code until `dvc repro`."
        lines.append(f"> [!WARNING]\n> {told}\n")
    return "\n".join(lines)


def _verdicts(found: Comparison, rows: Sequence[Change]) -> tuple[Verdict, ...]:
    before = {row.name: row.before for row in rows if row.before is not None}
    now = {row.name: row.after for row in rows if row.after is not None}
    return judge(found.params.gate, before if before and found.comparable else None, now)


def _gate(found: Comparison, verdicts: Sequence[Verdict]) -> str:
    changed = "; the rules themselves change here" * (rules(found.before) != rules(found.after))
    if not verdicts:
        return f"### Gate\n\nparams.yaml has no rules under `gate`{changed}.\n"
    return f"### Gate\n\n{summary(verdicts)}{changed}.\n\n{verdict_table(verdicts)}"


def _line(found: Comparison) -> str:
    rows = metrics.changes(found.before, found.after, found.params.gate).get(EVALUATE, [])
    told = [_brief(row, found.comparable) for row in rows if row.name in _MAIN] or ["no metrics"]
    mark, _, said = summary(_verdicts(found, rows)).partition(" ")
    if mark == "⚪":
        told.append(said)
    note = " (would run anew)" if found.stale else ""
    return f"- {mark} **{cell(found.params.task)}**{note}: {'; '.join(told)}\n"


def _brief(row: Change, comparable: bool) -> str:
    name = cell(row.name.replace("_", " "))
    if row.after is None:
        return f"{name} gone"
    difference = row.difference if comparable else None
    if difference is None:
        return f"{name} {number(row.after)}"
    return f"{name} {number(row.after)} ({change(difference)}{f', {row.mark}' if row.mark else ''})"


def _cut(parts: Sequence[str]) -> str:
    """Join the parts, and leave out the last ones that a comment has no room for."""
    text = ""
    for part in filter(None, parts):
        longer = f"{text}\n{part}" if text else part
        if len(longer.encode()) > LIMIT:
            return f"{text}\n{_REST}"
        text = longer
    return text
