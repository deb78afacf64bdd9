"""Train, validation and test sets: stratified by class, and no group in two of them."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from reprise.datasets.examples import Example
from reprise.errors import DataError

SPLITS = ("train", "val", "test")


def check_classes(source: str, examples: Sequence[Example]) -> tuple[str, ...]:
    """Return the names of the classes in order; raise `DataError` unless each can lie in every split."""
    if not examples:
        raise DataError(source, "no examples", "at least one row for each class and split")
    groups: dict[str, set[str]] = {}
    for example in examples:
        groups.setdefault(example.label, set()).add(example.group)
    if len(groups) < 2:
        raise DataError(source, f"one class only, {examples[0].label!r}", "at least two")
    drawn = _drawn(examples)
    for label in sorted(groups):
        of_class = [example for example in examples if example.label == label]
        count = len({example.group for example in of_class if example.split in {"", "train"}})
        if count < len(drawn):
            found = f"class {label!r} has {count} {'example or group' if count == 1 else 'examples or groups'}"
            raise DataError(source, found, f"at least {len(drawn)}, one for each of {', '.join(drawn)}")
        for name in set(SPLITS) - set(drawn):
            if all(example.split != name for example in of_class):
                raise DataError(source, f"class {label!r} has no example in {name}", f"some, as others have in {name}")
    return tuple(sorted(groups))


def split_examples(examples: Sequence[Example], val: float, test: float, seed: int) -> list[str]:
    """Give each example the name of its split: the one that the data prescribe, or one drawn in these shares.

    Where the data prescribe a test set nothing else goes there, and likewise for a validation set; what they
    prescribe for training gives the others. Raises `DataError` where a class is left out of a split.
    """
    chosen = [example.split for example in examples]
    shares = {name: {"val": val, "test": test}[name] for name in _drawn(examples) if name != "train"}
    if not shares:
        return chosen
    places = [place for place, name in enumerate(chosen) if name in {"", "train"}]
    labels, groups = [examples[place].label for place in places], [examples[place].group for place in places]
    drawn = split(labels, groups, {"train": 1 - sum(shares.values()), **shares}, seed)
    for place, name in zip(places, drawn, strict=True):
        chosen[place] = str(name)
    return chosen


def _drawn(examples: Sequence[Example]) -> list[str]:
    """Return the splits that are ours to draw: train, and those that the data do not prescribe."""
    prescribed = {example.split for example in examples}
    return [name for name in SPLITS if name == "train" or name not in prescribed]


def split(labels: Sequence[str], groups: Sequence[str], shares: Mapping[str, float], seed: int) -> NDArray[np.str_]:
    """Give each example the name of its split, in about these shares of every class.

    Groups are taken in an order drawn from `seed`, larger ones first, and each goes where its classes are
    most wanting, as in scikit-learn's StratifiedGroupKFold but for unequal shares. Raises `DataError` where
    a class is left out of a split, which happens when few groups hold many examples.
    """
    classes, label_index = np.unique(np.asarray(labels), return_inverse=True)
    names, group_index = np.unique(np.asarray(groups), return_inverse=True)
    counts = np.zeros((len(names), len(classes)))
    np.add.at(counts, (group_index, label_index), 1)
    wanted = np.array(list(shares.values()))[:, None] * counts.sum(axis=0)

    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    held = np.zeros_like(wanted)
    chosen = np.empty(len(names), dtype=np.int64)
    for group in order:
        # The share of what each split wants that is missing still, weighed by the classes of this group.
        missing = ((1 - held / wanted) * counts[group]).sum(axis=1)
        chosen[group] = int(np.argmax(missing))
        held[chosen[group]] += counts[group]

    for place, name in enumerate(shares):
        for index, label in enumerate(classes):
            if held[place, index] == 0:
                raise DataError(
                    f"class {str(label)!r}", f"none of its groups fell into {name}", "more groups, or another seed"
                )
    return np.array(list(shares))[chosen[group_index]]
