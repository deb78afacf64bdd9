"""The whole evaluation of a network, written for DVC and for people."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reprise.datasets.store import Store
from reprise.evaluation import tables
from reprise.evaluation.by_group import evaluate_groups
from reprise.evaluation.cross_validation import Fit, cross_validate
from reprise.evaluation.curves import precision_recall
from reprise.evaluation.gallery import write_gallery
from reprise.evaluation.importance import importance
from reprise.evaluation.metrics import classification_metrics, metrics_of_positive
from reprise.evaluation.mistakes import tiles
from reprise.evaluation.operating import Operating, operating
from reprise.evaluation.robustness import robustness
from reprise.evaluation.seeds import compare_seeds
from reprise.files import significant, write_json
from reprise.networks.classifier import Network
from reprise.params import Params


def write_report(folder: Path, networks: Mapping[int, Network], store: Store, fit: Fit, params: Params) -> None:
    """Evaluate the first of `networks` on the test set of `store` and write metrics.json and tables into `folder`.

    `folder` is new. `fit` trains a network anew from a training and a validation set, for cross-validation. What
    does not exist for a task is a table of a header alone: DVC looks for each table that dvc.yaml names.
    """
    folder.mkdir()
    settings, schema = params.chosen.evaluate, store.schema
    network = next(iter(networks.values()))
    val, test = (network.probabilities(store.subset(split).items) for split in ("val", "test"))
    point = operating(store.subset("val").labels, val, schema.classes, settings)
    metrics = _decisions(folder, store, test, point, params)
    if settings.group:
        metrics |= evaluate_groups(store, val, test, point, settings)
    metrics |= _robustness(folder, network, store, point, params)
    similar, of_seeds = compare_seeds(networks, store, settings)
    metrics |= of_seeds
    _write(folder / "similarity.csv", similar)
    _write(folder / "importance.csv", _importance(network, store, params))
    folds = pd.DataFrame(columns=["fold", "accuracy", "macro_f1"])
    if settings.folds is not None:
        share = params.chosen.split.val / (1 - params.chosen.split.test)
        folds, summary = cross_validate(fit, store, share, settings.folds, params.seed, settings)
        metrics |= summary
    _write(folder / "folds.csv", folds)
    write_json(folder / "metrics.json", {name: _rounded(name, value) for name, value in metrics.items()})


def _rounded(name: str, value: float) -> float:
    # The bundle's threshold: scores may lie closer to it than six digits.
    return value if name.endswith("threshold") else significant(value)


def _decisions(
    folder: Path, store: Store, found: NDArray[np.float32], point: Operating, params: Params
) -> dict[str, float]:
    """Write what the test set says of the network's answers, and return their metrics."""
    test, classes = store.subset("test"), store.schema.classes
    predicted = point.decide(found)  # as they are, since the bundle's answers are decided on those
    probabilities = found / found.sum(axis=1, keepdims=True, dtype=np.float64)  # float32 rows sum to 1 within 1e-7
    metrics = classification_metrics(test.labels, probabilities, predicted)
    if point.threshold is not None:
        metrics |= metrics_of_positive(test.labels, predicted, point.positive) | {"threshold": point.threshold}
    _write(folder / "confusion.csv", tables.confusion(test.labels, predicted, classes))
    _write(folder / "recall.csv", tables.recall(test.labels, predicted, classes))
    _write(folder / "roc.csv", tables.roc(test.labels, probabilities, classes))
    _write(folder / "precision_recall.csv", precision_recall(test.labels, probabilities, classes))
    _write(folder / "calibration.csv", tables.calibration(test.labels, probabilities))
    index, most = store.index.iloc[store.places("test")], params.chosen.evaluate.mistakes
    worst = tables.mistakes(index, probabilities, predicted, classes, most)
    _write(folder / "mistakes.csv", worst)
    write_gallery(folder / "mistakes.png", tiles(worst, test.items, store, params.chosen.model))
    return metrics


def _robustness(folder: Path, network: Network, store: Store, point: Operating, params: Params) -> dict[str, float]:
    modality, test, train = store.schema.modality, store.subset("test"), store.subset("train")
    table = robustness(network, point.decide, modality, test, train, params.seed)
    _write(folder / "robustness.csv", table)
    return {"corrupted_accuracy": float(table.loc[table["level"] > 0, "accuracy"].mean())}


def _importance(network: Network, store: Store, params: Params) -> pd.DataFrame:
    if store.schema.modality != "tabular":
        return pd.DataFrame({"feature": [], "importance": []})
    return importance(network, store.subset("train"), store.subset("test"), store.schema.features, params.seed)


def _write(path: Path, table: pd.DataFrame) -> None:
    table.to_csv(path, index=False, lineterminator="\n", float_format="%.6g")
