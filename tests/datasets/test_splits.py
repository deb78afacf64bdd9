import numpy as np
import pytest

from reprise.datasets.examples import Example
from reprise.datasets.splits import SPLITS, check_classes, split
from reprise.errors import DataError

SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}


def examples(*pairs: tuple[str, str]) -> list[Example]:
    return [Example("a.csv", row, label, group) for row, (label, group) in enumerate(pairs)]


def test_every_class_in_its_shares() -> None:
    labels = ["a"] * 100 + ["b"] * 50 + ["c"] * 10
    splits = split(labels, [str(i) for i in range(160)], SHARES, seed=0)
    for label, size in (("a", 100), ("b", 50), ("c", 10)):
        of_class = splits[np.array(labels) == label]
        for name in SPLITS:
            assert abs((of_class == name).sum() - SHARES[name] * size) <= 1


def test_the_seed_decides() -> None:
    labels, groups = ["a", "b"] * 50, [str(i) for i in range(100)]
    once, again, other = (split(labels, groups, SHARES, seed) for seed in (1, 1, 2))
    assert (once == again).all()
    assert (once != other).any()


def test_no_group_in_two_splits() -> None:
    draw = np.random.default_rng(0)
    labels = draw.choice(["a", "b", "c"], 300)
    groups = draw.integers(0, 25, 300).astype(str)
    splits = split(list(labels), list(groups), SHARES, seed=0)
    for group in set(groups):
        assert len(set(splits[groups == group])) == 1
    for name in SPLITS:
        assert abs((splits == name).mean() - SHARES[name]) < 0.08


def test_three_of_a_class_go_three_ways() -> None:
    splits = split(["a"] * 30 + ["b"] * 3, [str(i) for i in range(33)], SHARES, seed=3)
    assert set(splits[30:]) == set(SPLITS)


def test_a_class_that_cannot_be_in_every_split() -> None:
    # Every group of b holds far more of a, so that a's shares decide where it goes.
    labels = (["a"] * 50 + ["b"]) * 3 + ["b"] * 1
    groups = ["0"] * 51 + ["0"] * 51 + ["1"] * 51 + ["2"]
    with pytest.raises(DataError, match=r"class '[ab]': none of its groups fell into"):
        split(labels, groups, SHARES, seed=0)


def test_classes() -> None:
    good = examples(*[(label, f"{label}{i}") for label in "ba" for i in range(3)])
    assert check_classes("data", good) == ("a", "b")


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([], "data: no examples; expected at least one row"),
        ([("a", "1"), ("a", "2"), ("a", "3")], "data: one class only, 'a'; expected at least two"),
        ([("a", "1"), ("a", "2"), ("a", "3"), ("b", "4")], "class 'b' has 1 example or group; expected at least 3"),
        ([("a", "1"), ("a", "2"), ("a", "3"), *[("b", "4")] * 9, ("b", "5")], "class 'b' has 2 examples or groups"),
    ],
)
def test_classes_that_cannot_be_split(pairs: list[tuple[str, str]], message: str) -> None:
    with pytest.raises(DataError) as caught:
        check_classes("data", examples(*pairs))
    assert message in str(caught.value)
