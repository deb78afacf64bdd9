"""Metrics of whole groups, such as the clips of one video."""

import numpy as np
import pandas as pd

from reprise.answers import Probabilities, pool
from reprise.blocks import Evaluate
from reprise.datasets.store import Store
from reprise.evaluation.metrics import classification_metrics, metrics_of_positive
from reprise.evaluation.operating import Operating, operating


def evaluate_groups(
    store: Store, val: Probabilities, test: Probabilities, point: Operating, settings: Evaluate
) -> dict[str, float]:
    """Return the metrics of the test groups, each name with `group_` before it; of videos each is a group.

    Takes the probabilities of the validation and test items. Two classes have a threshold of their own here, chosen
    on the validation groups.
    """
    assert settings.group is not None
    sides = []
    for split, probabilities in (("val", val), ("test", test)):
        index = store.index.iloc[store.places(split)]
        # A group whose items are of several classes is one for each of them.
        of = ["file", "row"] if store.schema.modality == "video" else ["group"]
        numbers = pd.factorize(pd.MultiIndex.from_frame(index[[*of, "label"]]))[0].astype(np.int64)
        pooled = pool(probabilities, numbers, settings.group, point.positive, point.threshold)
        sides.append((index["label"].groupby(numbers).first().to_numpy(np.int64), pooled))
    (val_labels, val_pooled), (labels, pooled) = sides
    at_group = operating(val_labels, val_pooled, store.schema.classes, settings)
    predicted = at_group.decide(pooled)
    metrics = classification_metrics(labels, pooled, predicted)
    if at_group.threshold is not None:
        metrics |= metrics_of_positive(labels, predicted, at_group.positive) | {"threshold": at_group.threshold}
    return {f"group_{name}": value for name, value in metrics.items()}
