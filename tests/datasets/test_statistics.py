import json

import pandas as pd
import pytest

from reprise.datasets.statistics import class_counts, feature_distributions
from reprise.datasets.store import read_store


def test_counts_add_up(finished) -> None:
    store = read_store(finished.folder / "data/store")
    counts = class_counts(store)
    assert counts["count"].sum() == len(store.items) == 178
    assert len(counts) == 9
    metrics = json.loads((finished.folder / "reports/preprocess/metrics.json").read_text())
    assert metrics["examples"] == metrics["groups"] == 178
    assert sum(sum(split.values()) for split in metrics["count"].values()) == 178
    assert pd.read_csv(finished.folder / "reports/preprocess/classes.csv").equals(counts)


def test_distributions_sum_to_one(finished) -> None:
    table = feature_distributions(read_store(finished.folder / "data/store"))
    shares = table.groupby(["feature", "class"])["share"].sum()
    assert len(shares) == 13 * 3
    assert shares.to_numpy() == pytest.approx(1)
