"""What a data set holds: figures for DVC's metrics, and tables for its plots."""

from pathlib import Path

import numpy as np
import pandas as pd

from reprise.datasets.prepare import Prepared
from reprise.datasets.store import Store
from reprise.files import significant, write_json

BINS = 12
# More small charts than this on one page tell a person nothing.
CHARTS = 24


def write_statistics(folder: Path, store: Store, prepared: Prepared) -> None:
    """Write what the data hold into the new folder `folder`.

    metrics.json; classes.csv, items by split and class; features.csv and inputs.csv, how features are distributed;
    bad.csv, the files that were left out.
    """
    folder.mkdir()
    counts = class_counts(store)
    metrics = {
        "examples": prepared.examples,
        "groups": int(store.index["group"].nunique()),
        "duplicates": prepared.duplicates,
        "bad": len(prepared.bad),
        "missing": significant(float(np.isnan(store.features).mean())),
        "count": {
            split: dict(zip(rows["class"], map(int, rows["count"]), strict=True))
            for split, rows in counts.groupby("split", sort=False)
        },
    }
    write_json(folder / "metrics.json", metrics)
    bad = pd.DataFrame(prepared.bad, columns=["file", "reason"])
    bad.to_csv(folder / "bad.csv", index=False, lineterminator="\n")
    counts.to_csv(folder / "classes.csv", index=False, lineterminator="\n")
    for name, rows in (("features", feature_distributions(store)), ("inputs", feature_quantiles(store))):
        rows.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n", float_format="%.6g")


def class_counts(store: Store) -> pd.DataFrame:
    """Count the items of each split and class, none left out: columns split, class, count."""
    classes = store.schema.classes
    rows = [
        (split, name, int(((store.index["split"] == split) & (store.index["label"] == number)).sum()))
        for split in ("train", "val", "test")
        for number, name in enumerate(classes)
    ]
    return pd.DataFrame(rows, columns=["split", "class", "count"])


def feature_distributions(store: Store) -> pd.DataFrame:
    """Bin the first features of the training rows by class: columns feature, class, value (a bin's middle), share."""
    train = store.places("train")
    labels = store.index["label"].to_numpy(np.int64)[train]
    rows = []
    for place, feature in enumerate(store.schema.features[:CHARTS]):
        values = store.features[train, place].astype(np.float64)
        there = ~np.isnan(values)
        if not there.any():
            continue
        edges = np.histogram_bin_edges(values[there], BINS)
        for number, name in enumerate(store.schema.classes):
            chosen = values[there & (labels == number)]
            share = np.histogram(chosen, edges)[0] / max(len(chosen), 1)
            rows += [
                (feature, name, middle, part) for middle, part in zip((edges[1:] + edges[:-1]) / 2, share, strict=True)
            ]
    return pd.DataFrame(rows, columns=["feature", "class", "value", "share"])


def feature_quantiles(store: Store) -> pd.DataFrame:
    """Describe each feature over all items: columns feature, missing, mean, std and the quantiles q0, q5, ... q100.

    Where every value is missing, so are the rest.
    """
    quantiles = range(0, 101, 5)
    rows = []
    for place, feature in enumerate(store.schema.features):
        values = store.features[:, place].astype(np.float64)
        there = values[~np.isnan(values)]
        row = {"feature": feature, "missing": 1 - len(there) / len(values)}
        if len(there):
            row |= {"mean": there.mean(), "std": there.std()}
            row |= {f"q{share}": np.quantile(there, share / 100) for share in quantiles}
        rows.append(row)
    return pd.DataFrame(rows, columns=["feature", "missing", "mean", "std", *(f"q{share}" for share in quantiles)])
