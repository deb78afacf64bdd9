"""The confusion matrix and the recall of each class, before and after."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from reprise.report.markdown import cell, change, number, table
from reprise.report.side import Side
from reprise.report.sources import columns, floats

_PATH, _RECALL = "reports/evaluate/confusion.csv", "reports/evaluate/recall.csv"
# Beyond so many classes a matrix is too wide to read, and a table of pairs or classes too long.
_MOST = 12

# How many items of the first class were taken for the second.
_Pairs = Mapping[tuple[str, str], int]


def section(before: Side, after: Side) -> str:
    """Return actual by predicted classes as a matrix, of many classes the pairs, and the recalls that changed."""
    old, new = (_count(side) for side in (before, after))
    if not old and not new:
        return ""
    parts = ["### Confusion matrix\n", *_remarks(old, new)]
    if old and new and not _classes(old) & _classes(new):
        old = {}
    classes = sorted(_classes(old) | _classes(new))
    parts.append(_matrix(classes, old, new) if len(classes) <= _MOST else _confused(old, new))
    if old and new:
        parts.append(_recall(before, after))
    return "\n".join(filter(None, parts))


def _count(side: Side) -> _Pairs:
    return Counter((row["actual"], row["predicted"]) for row in columns(side, _PATH, "actual", "predicted"))


def _remarks(old: _Pairs, new: _Pairs) -> Iterator[str]:
    if not old or not new:
        yield f"There is no confusion matrix {'now' if old else 'before'}: these are the numbers of the other side.\n"
    elif not _classes(old) & _classes(new):
        yield f"No class of now was there before: these are the numbers of now, {_right(new)} items right.\n"
    elif old == new:
        yield f"As before: {_right(new)} items right.\n"
    else:
        yield f"{_right(old)} items right before, {_right(new)} now. Where a number changed: before→now.\n"
        if _by_class(old) != _by_class(new):
            yield "The test sets hold other numbers of items of some classes.\n"


def _classes(pairs: _Pairs) -> set[str]:
    return {name for pair in pairs for name in pair}


def _right(pairs: _Pairs) -> str:
    right = sum(count for (actual, predicted), count in pairs.items() if actual == predicted)
    return f"{right} of {sum(pairs.values())}"


def _by_class(pairs: _Pairs) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for (actual, _), count in pairs.items():
        counts[actual] += count
    return counts


def _matrix(classes: Sequence[str], old: _Pairs, new: _Pairs) -> str:
    rows = [
        (f"**{cell(actual)}**", *(_entry((actual, predicted), old, new) for predicted in classes)) for actual in classes
    ]
    header = ("actual ↓ predicted →", *map(cell, classes))
    return table(header, rows, numbers=range(1, len(header)))


def _entry(pair: tuple[str, str], old: _Pairs, new: _Pairs) -> str:
    was, now = old.get(pair, 0), new.get(pair, 0)
    if not old or not new:
        was = now = max(was, now)
    text = _arrow(was, now)
    if pair[0] == pair[1]:
        return f"**{text}**"
    return "·" if text == "0" else text


def _confused(old: _Pairs, new: _Pairs) -> str:
    """Return the pairs of two classes whose numbers changed most, then the largest ones."""
    pairs = [pair for pair in {**new, **old} if pair[0] != pair[1]]
    if not pairs:
        return "No class is taken for another.\n"

    def order(pair: tuple[str, str]) -> tuple[object, ...]:
        was, now = old.get(pair, 0), new.get(pair, 0)
        return (-abs(now - was), -max(was, now), pair)

    rows = []
    for pair in sorted(pairs, key=order)[:_MOST]:
        was, now = old.get(pair, 0), new.get(pair, 0)
        counts = (str(was) if old else "none", str(now) if new else "none", change(now - was) if old and new else "")
        rows.append((*map(cell, pair), *counts))
    shown = table(("actual", "predicted", "before", "now", "change"), rows, numbers=(2, 3, 4))
    hidden = len(pairs) - len(rows)
    return shown + (f"\nThe {_MOST} pairs that changed most, and {hidden} more.\n" if hidden else "")


def _recall(before: Side, after: Side) -> str:
    """Return the classes whose recall changed, the most first."""
    old, new = (_recalls(side) for side in (before, after))
    if not old or not new:
        return ""
    changed = [name for name in dict.fromkeys([*new, *old]) if old.get(name, (None,))[0] != new.get(name, (None,))[0]]
    if not changed:
        return "No class has another recall than before.\n"
    zero = (0.0, 0)
    changed.sort(key=lambda name: (-abs(new.get(name, zero)[0] - old.get(name, zero)[0]), name))
    rows = [_recall_row(name, old, new) for name in changed[:_MOST]]
    shown = table(("recall of", "items", "before", "now", "change"), rows, numbers=range(1, 5))
    hidden = len(changed) - len(rows)
    return shown + (f"\nThe {_MOST} classes that changed most, and {hidden} more.\n" if hidden else "")


def _recalls(side: Side) -> dict[str, tuple[float, int]]:
    """Return recall and number of items by class."""
    rows = columns(side, _RECALL, "class", "recall", "count")
    values, counts = (floats(side, _RECALL, rows, name) for name in ("recall", "count"))
    return {row["class"]: (value, int(count)) for row, value, count in zip(rows, values, counts, strict=True)}


def _recall_row(name: str, old: Mapping[str, tuple[float, int]], new: Mapping[str, tuple[float, int]]) -> list[str]:
    if name not in old:
        recall, items = new[name]
        return [cell(name), str(items), "none", number(recall), "no such class before"]
    if name not in new:
        recall, items = old[name]
        return [cell(name), str(items), number(recall), "none", "no such class now"]
    (was, items), (now, others) = old[name], new[name]
    return [cell(name), _arrow(items, others), number(was), number(now), change(now - was)]


def _arrow(was: int, now: int) -> str:
    return str(now) if was == now else f"{was}→{now}"
