import json

import pandas as pd
import pytest

from reprise.datasets.statistics import class_counts, feature_distributions, feature_quantiles
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


def test_quantiles_are_those_of_the_features(finished) -> None:
    store = read_store(finished.folder / "data/store")
    table = feature_quantiles(store).set_index("feature")
    assert list(table.index) == list(store.schema.features)
    alcohol = pd.Series(store.features[:, 0].astype(float))
    assert table.loc["alcohol", "mean"] == pytest.approx(alcohol.mean())
    for share in (0, 35, 100):
        assert table.loc["alcohol", f"q{share}"] == pytest.approx(alcohol.quantile(share / 100))
    assert pd.read_csv(finished.folder / "reports/preprocess/inputs.csv")["q50"].notna().all()
