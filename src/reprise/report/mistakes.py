"""The worst mistakes that are new, and those that are gone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reprise.report.markdown import cell, details, table
from reprise.report.side import Side
from reprise.report.sources import columns, floats

_PATH, _PICTURE = "reports/evaluate/mistakes.csv", "reports/evaluate/mistakes.png"
_CONFUSION = "reports/evaluate/confusion.csv"
_LOCK = "dvc.lock"
# Longer tables are read by nobody.
_MOST = 10

# File, row and clip.
_Item = tuple[str, str, str]


@dataclass(frozen=True)
class _Mistake:
    """What an item is, what it was taken for, and the probability given to that."""

    actual: str
    predicted: str
    probability: float


@dataclass(frozen=True)
class _Worst:
    """The worst mistakes of one side, and whether they are all that there are."""

    items: Mapping[_Item, _Mistake]
    all: bool


def section(before: Side, after: Side, images: bool = False) -> str:
    """Return the mistakes that the table of the worst ones now holds and did not before, and the other way round.

    The tables hold a few of the worst; only where one holds all mistakes of its side is an item that it lacks said
    to have been right. With `images`, the picture of those of now follows, if the working tree has it.
    """
    old, new = _read(before), _read(after)
    if old is None and new is None:
        return ""
    parts = ["### Worst mistakes\n"]
    if old is None or new is None:
        who, there = ("before", new) if old is None else ("now", old)
        assert there is not None
        parts.append(f"There is no table of mistakes {who}: these are those of the other side.\n")
        parts.append(_table(there.items, there.items) or "It has no mistake.\n")
    else:
        moved = _split(before) != _split(after)
        parts += _compare(old, new, moved)
        if moved:
            parts.append("Data or split are not those of before: not every item was in both test sets.\n")
    if images and new and new.items and Path(_PICTURE).is_file():
        parts.append(f"![The worst mistakes now]({_PICTURE})\n")
    return "\n".join(filter(None, parts))


def _compare(old: _Worst, new: _Worst, moved: bool) -> list[str]:
    """Return what is in one table and not in the other; items have `moved` where data or split are others."""
    if not old.items and not new.items:
        return ["There is no mistake, before or now.\n"]
    fresh = [item for item in new.items if item not in old.items]
    gone = [item for item in old.items if item not in new.items]
    changed = [item for item in new.items if item in old.items and _taken(old, item) != _taken(new, item)]
    same = len(new.items) - len(fresh) - len(changed)
    counts = (
        (len(fresh), f"new ({_lacking(old, 'before', moved)})"),
        (len(gone), f"gone ({_lacking(new, 'now', moved)})"),
        (len(changed), "with another answer"),
        (same, "as before"),
    )
    parts = [", ".join(f"{count} {what}" for count, what in counts if count) + ".\n", _table(fresh, new.items)]
    if changed:
        parts += ["With another answer:\n", _table(changed, new.items, lambda item: cell(_taken(old, item)))]
    if gone:
        parts.append(details(f"Gone: {len(gone)}", _table(gone, old.items)))
    return parts


def _lacking(side: _Worst, who: str, moved: bool) -> str:
    """Say what is known of an item that is not in the table of a side."""
    if side.all and not moved:
        return f"no mistake {who}"
    return f"not among the worst {len(side.items)} {who}" if side.items else f"no mistake in the test set {who}"


def _taken(side: _Worst, item: _Item) -> str:
    return side.items[item].predicted


def _read(side: Side) -> _Worst | None:
    if side.read(_PATH) is None:
        return None
    rows = columns(side, _PATH, "file", "row", "clip", "actual", "predicted", "probability")
    given = floats(side, _PATH, rows, "probability")
    items = {
        (row["file"], row["row"], row["clip"]): _Mistake(row["actual"], row["predicted"], probability)
        for row, probability in zip(rows, given, strict=True)
    }
    answers = columns(side, _CONFUSION, "actual", "predicted")
    wrong = sum(row["actual"] != row["predicted"] for row in answers)
    return _Worst(items, bool(answers) and wrong == len(rows))


def _split(side: Side) -> object:
    """Return the hash of the store, which holds the items with their splits, None where no lock names it."""
    stages = side.yaml(_LOCK).get("stages") or {}
    outputs = stages.get("preprocess", {}).get("outs", [])
    return next((output.get("md5") for output in outputs if output["path"] == "data/store"), None)


def _table(
    items: Sequence[_Item] | Mapping[_Item, _Mistake],
    known: Mapping[_Item, _Mistake],
    before: Callable[[_Item], str] | None = None,
) -> str:
    """Return a row for each item, the surest mistake first, nothing where there is none."""
    if not items:
        return ""
    rows = []
    for item in list(items)[:_MOST]:
        mistake = known[item]
        row = [_name(item), cell(mistake.actual), cell(mistake.predicted), f"{mistake.probability:.2f}"]
        rows.append([*row, before(item)] if before else row)
    header = ["item", "is", "taken for", "probability", *(["before taken for"] if before else [])]
    hidden = len(items) - len(rows)
    return table(header, rows, numbers=(3,)) + (f"\nAnd {hidden} more.\n" if hidden else "")


def _name(item: _Item) -> str:
    """Return what a mistake's picture is called, too: a file, its row if it has rows, its clip if it has clips."""
    file, row, clip = item
    return cell(file) + (f", row {cell(row)}" if row != "0" else "") + (f", clip {cell(clip)}" if clip != "0" else "")
