"""The whole evaluation of one network, written for DVC and for people."""

from pathlib import Path

import numpy as np
import pandas as pd

from reprise.datasets.store import Store
from reprise.evaluation import tables
from reprise.evaluation.cross_validation import Fit, cross_validate
from reprise.evaluation.importance import importance
from reprise.evaluation.metrics import classification_metrics
from reprise.evaluation.robustness import robustness
from reprise.files import significant, write_json
from reprise.networks.classifier import Network
from reprise.params import Params


def write_report(folder: Path, network: Network, store: Store, fit: Fit, params: Params) -> None:
    """Evaluate `network` on the test set of `store` and write metrics.json and the tables into the new `folder`.

    `fit` trains a network anew from a training and a validation set, for cross-validation.
    """
    folder.mkdir()
    settings, classes = params.chosen.evaluate, store.schema.classes
    train, test = store.subset("train"), store.subset("test")
    probabilities = network.probabilities(test.items).astype(np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)  # float32 rows sum to 1 within 1e-7
    metrics = classification_metrics(test.labels, probabilities)

    _write(folder / "confusion.csv", tables.confusion(test.labels, probabilities.argmax(axis=1), classes))
    _write(folder / "roc.csv", tables.roc(test.labels, probabilities, classes))
    _write(folder / "calibration.csv", tables.calibration(test.labels, probabilities))
    index = store.index[store.index["split"] == "test"]
    _write(folder / "mistakes.csv", tables.mistakes(index, probabilities, classes, settings.mistakes))

    corrupted = robustness(network, test, train, params.seed)
    metrics["corrupted_accuracy"] = float(corrupted.loc[corrupted["strength"] > 0, "accuracy"].mean())
    _write(folder / "robustness.csv", corrupted)
    _write(folder / "importance.csv", importance(network, train, test, store.schema.features, params.seed))
    if settings.folds is not None:
        share = params.chosen.split.val / (1 - params.chosen.split.test)
        folds, summary = cross_validate(fit, store, share, settings.folds, params.seed)
        metrics |= summary
        _write(folder / "folds.csv", folds)
    write_json(folder / "metrics.json", {name: significant(value) for name, value in metrics.items()})


def _write(path: Path, table: pd.DataFrame) -> None:
    table.to_csv(path, index=False, lineterminator="\n", float_format="%.6g")
