"""The data before and after: raw files, items by class and split, and how far the inputs moved."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from reprise.report.dvc import dvc
from reprise.report.git import committed
from reprise.report.markdown import cell, details, number, table
from reprise.report.side import Side, revisions
from reprise.report.sources import columns, floats

# So many names of files and of features tell a person enough.
FILES = 20
FEATURES = 15
_KINDS = {"added": "added", "modified": "changed", "deleted": "removed", "renamed": "renamed"}
_CLASSES = "reports/preprocess/classes.csv"
_INPUTS = "reports/preprocess/inputs.csv"
# What preprocess tells of a feature: where all values are missing, nothing but that.
_QUANTILES = tuple(f"q{share}" for share in range(0, 101, 5))
_DESCRIPTION = ("feature", "missing", "mean", "std", *_QUANTILES)
_SPLITS = ("train", "val", "test")


def section(before: Side, after: Side) -> str:
    """Return what changed in the raw files, in the items and in the distributions of the features.

    Raises `CommandError` where DVC cannot compare the sides, `ArtifactError` where a table is damaged.
    """
    parts = [_files(before, after), _items(before, after), _inputs(before, after)]
    return "### Data\n\n" + "\n".join(filter(None, parts))


def _files(before: Side, after: Side) -> str:
    old, new = (_source(side) for side in (before, after))
    if old != new and old is not None:
        return f"The data were those of {cell(old)} and are those of {cell(str(new))}.\n"
    sides = revisions(before, after)
    if after.revision is None and committed("*.dvc", "*dvc.lock"):
        # Then a clone that has not pulled its data tells the same: to DVC, what is not there was removed.
        sides.append("HEAD")
    found = dvc("diff", *sides)
    paths = {kind: list(_paths(found.get(kind, []))) for kind in _KINDS}
    every = list(chain.from_iterable(paths.values()))
    # DVC knows that a folder is another one; which files, only where it has the lists of both.
    for folder in (path for path in every if path.endswith("/") and f"{new}/".startswith(path)):
        if not any(path.startswith(folder) and path != folder for path in every):
            return f"{cell(folder)} is another one. `dvc diff` tells which files once the lists of both are pulled.\n"
    rows, names = [], []
    for kind, told in _KINDS.items():
        files = [path for path in paths[kind] if path == new or (path.startswith(f"{new}/") and path[-1] != "/")]
        if files:
            rows.append((told, str(len(files))))
            names += [f"- {told}: {cell(path)}" for path in files[:FILES]]
            names += [f"- {told}: {len(files) - FILES} more"] * (len(files) > FILES)
    if not rows:
        return "No raw file changed.\n"
    return table(("raw files", ""), rows, numbers=(1,)) + "\n" + details("Which files", "\n".join(names))


def _source(side: Side) -> str | None:
    settings = side.yaml("params.yaml")
    return f"data/{settings.get('data')}/{settings.get('task')}" if settings else None


def _paths(entries: Sequence[Mapping[str, object]]) -> Iterator[str]:
    for entry in entries:
        path = entry["path"]
        name = str(path["new"]) if isinstance(path, dict) else str(path)
        yield name.replace(os.sep, "/")


def _items(before: Side, after: Side) -> str:
    old, new = _counts(before), _counts(after)
    if not old and not new:
        return f"Neither side has {_CLASSES}: preprocess has not run.\n"
    classes = list(dict.fromkeys(name for _, name in [*new, *old]))
    if old == new:
        return f"{sum(new.values()):,} items in {len(classes)} classes, as before.\n"
    rows = []
    for name in classes:
        cells = [_arrow(old.get((split, name)), new.get((split, name))) for split in _SPLITS]
        rows.append((cell(name), *cells, _arrow(_total(old, name), _total(new, name))))
    return table(("items", *_SPLITS, "all"), rows, numbers=(1, 2, 3, 4))


def _counts(side: Side) -> dict[tuple[str, str], int]:
    rows = columns(side, _CLASSES, "split", "class", "count")
    counts = floats(side, _CLASSES, rows, "count")
    return {(row["split"], row["class"]): int(count) for row, count in zip(rows, counts, strict=True)}


def _total(counts: Mapping[tuple[str, str], int], name: str) -> int | None:
    found = [count for (_, other), count in counts.items() if other == name]
    return sum(found) if found else None


def _arrow(old: int | None, new: int | None) -> str:
    if old == new:
        return "none" if new is None else str(new)
    return f"{'none' if old is None else old} → **{'none' if new is None else new}**"


def _inputs(before: Side, after: Side) -> str:
    old, new = ({row["feature"]: row for row in columns(side, _INPUTS, *_DESCRIPTION)} for side in (before, after))
    lost, found = [name for name in old if name not in new], [name for name in new if name not in old]
    lines = [
        f"{what}: {', '.join(map(cell, names))}.\n"
        for what, names in (("Features that are new", found), ("Features that are gone", lost))
        if names and old and new
    ]
    moved = [(moved_by(old[name], new[name]), name) for name in new if name in old and old[name] != new[name]]
    moved.sort(key=lambda pair: (-pair[0], pair[1]))
    rows = [
        (cell(name), "all or nothing" if by == math.inf else f"{by:.2g}", *_mean_and_missing(old[name], new[name]))
        for by, name in moved[:FEATURES]
    ]
    if rows:
        lines.append(table(("feature", "moved by", "mean", "missing"), rows, numbers=(1, 2, 3)))
        more = f" The {len(moved) - FEATURES} that moved least are left out." if len(moved) > FEATURES else ""
        lines.append(
            "Moved by: the Wasserstein distance between the items before and now, in standard deviations of "
            f"those before.{more}\n"
        )
    elif old and new and not lines:
        lines.append("No feature's distribution moved.\n")
    return "\n".join(lines)


def moved_by(old: Mapping[str, str], new: Mapping[str, str]) -> float:
    """Return how far a feature moved, in standard deviations of what was there before.

    It is the first Wasserstein distance, the mean over all quantiles of how far each one moved (Vallender 1974), by
    the trapezoidal rule over those in the rows of inputs.csv. Where all was one value, the unit is 1; where all
    values are missing on one side, it is infinite.
    """
    if not old["mean"] or not new["mean"]:
        return math.inf
    gaps = [abs(float(new[key]) - float(old[key])) for key in _QUANTILES]
    whole = (sum(gaps) - (gaps[0] + gaps[-1]) / 2) / (len(gaps) - 1)
    return whole / (float(old["std"]) or 1.0)


def _mean_and_missing(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, str]:
    means = [number(float(side["mean"])) if side["mean"] else "none" for side in (old, new)]
    missing = [float(side["missing"]) for side in (old, new)]
    mean = means[0] if means[0] == means[1] else f"{means[0]} → {means[1]}"
    share = f"{missing[0]:.1%}" if missing[0] == missing[1] else f"{missing[0]:.1%} → {missing[1]:.1%}"
    return mean, share
