"""Stratified k-fold cross-validation that splits no group."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support
from sklearn.model_selection import StratifiedGroupKFold

from reprise.blocks import Evaluate
from reprise.datasets.splits import split
from reprise.datasets.store import Store, Subset
from reprise.errors import InputError, ParamsError
from reprise.evaluation.operating import operating
from reprise.networks.classifier import Network

Fit = Callable[[Subset, Subset], Network]


def cross_validate(
    fit: Fit, store: Store, val_share: float, folds: int, seed: int, settings: Evaluate
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Train on all folds but one and test on that one, each in turn, over the whole store.

    `fit` trains a network from a training and a validation set; the latter is `val_share` of the training
    folds. Returns a table of fold, accuracy and macro F1; and over the folds the mean and the standard
    deviation of accuracy, with precision, recall and F1 (macro) of all out-of-fold predictions. Raises
    `ParamsError` where a class has fewer groups than there are folds.
    """
    labels = store.index["label"].to_numpy(np.int64)
    groups = store.index["group"].to_numpy(str)
    least = int(store.index.groupby("label")["group"].nunique().min())
    if least < folds:
        raise ParamsError(
            "params.yaml: evaluate.folds", str(folds), f"at most {least}, the groups of the smallest class"
        )
    predicted = np.empty_like(labels)
    rows = []
    shares = {"train": 1 - val_share, "val": val_share}
    parts = StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(labels, labels, groups)
    for number, (rest, held) in enumerate(parts, start=1):
        try:
            sides = split([store.schema.classes[label] for label in labels[rest]], list(groups[rest]), shares, seed)
            val = store.take(rest[sides == "val"])
            network = fit(store.take(rest[sides == "train"]), val)
        except InputError as error:
            found = f"{folds}, where in fold {number} {error}"
            raise ParamsError("params.yaml: evaluate.folds", found, "for these folds another number, or null") from None
        point = operating(val.labels, network.probabilities(val.items), store.schema.classes, settings)
        predicted[held] = point.decide(network.probabilities(store.take(held).items))
        right, guess = labels[held], predicted[held]
        macro_f1 = f1_score(right, guess, average="macro", zero_division=0)
        rows.append((number, float(accuracy_score(right, guess)), float(macro_f1)))
    table = pd.DataFrame(rows, columns=["fold", "accuracy", "macro_f1"])
    precision, recall, f1, _ = precision_recall_fscore_support(labels, predicted, average="macro", zero_division=0)
    return table, {
        "cv_accuracy_mean": float(table["accuracy"].mean()),
        "cv_accuracy_std": float(table["accuracy"].std(ddof=1)),
        "cv_precision": float(precision),
        "cv_recall": float(recall),
        "cv_f1": float(f1),
    }
