import math

import numpy as np
import pytest

from reprise.decoding.tabular import CellError, decode_row

FEATURES = ("a", "b")


def test_by_name_and_in_order_are_the_same() -> None:
    for row in ({"b": 2, "a": 1.5}, [1.5, 2], ["1.5", " 2 "]):
        found = decode_row(row, FEATURES)
        assert found.dtype == np.float32
        assert found.tolist() == [1.5, 2]


@pytest.mark.parametrize("cell", ["", " ", "NA", "n/a", "?", "nan", "NaN", "null", "None", None, math.nan])
def test_missing(cell) -> None:
    assert np.isnan(decode_row([cell, 1], FEATURES)[0])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["x", 1], "a: 'x'; expected a number"),
        (["1_0", 1], "a: '1_0'; expected a number"),
        ([True, 1], "a: True; expected a number"),
        ([[1], 1], "a: [1]; expected a number"),
        ([1, 10**400], "b: 1000"),
        (["1,5", 1], "a: '1,5'; expected a number"),
        (["inf", 1], "a: 'inf'; expected a finite number of float32"),
        ([1, "-1e39"], "b: '-1e39'; expected a finite number of float32"),
        ([1], "row: 1 values; expected 2: a, b"),
        ({"a": 1}, "b: missing; expected a number"),
        ({"a": 1, "b": 2, "c": 3}, "c: unknown feature; expected only a, b"),
    ],
)
def test_what_cannot_be_used(row, message: str) -> None:
    with pytest.raises(CellError) as caught:
        decode_row(row, FEATURES)
    assert str(caught.value).startswith(message)
