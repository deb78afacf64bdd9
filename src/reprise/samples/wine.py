"""The UCI wine table (Aeberhard and Forina 1992), as scikit-learn ships it."""

import csv
from pathlib import Path

from sklearn.datasets import load_wine


def make(folder: Path) -> None:
    """Write `wine.csv`: 178 rows, 13 measured features with their names, and the cultivar as the last column."""
    table = load_wine()
    with (folder / "wine.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*table.feature_names, "cultivar"])
        for values, label in zip(table.data, table.target, strict=True):
            writer.writerow([*values.tolist(), table.target_names[label]])
