from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from reprise.blocks import Evaluate
from reprise.evaluation.by_group import evaluate_groups
from reprise.evaluation.operating import Operating

# Two cameras; of each two videos of two clips, one of each class, in either split.
ROWS = [
    (split, f"{camera}{label}.mp4", camera, label)
    for split in ("val", "test")
    for camera in "xy"
    for label in (0, 1)
    for _ in range(2)
]
INDEX = pd.DataFrame(ROWS, columns=["split", "file", "group", "label"]).assign(row=0)
SCORES = np.where(INDEX["label"][:8] == 1, [0.1, 0.9] * 4, [0.1, 0.2] * 4)
PROBABILITIES = np.stack([1 - SCORES, SCORES], axis=1)


def store(modality: str) -> SimpleNamespace:
    places = {split: np.flatnonzero(INDEX["split"] == split) for split in ("val", "test")}
    schema = SimpleNamespace(modality=modality, classes=("calm", "crash"))
    return SimpleNamespace(index=INDEX, schema=schema, places=places.__getitem__)


@pytest.mark.parametrize(("how", "threshold"), [("max", 0.55), ("mean", 0.325), ("ratio", 0.25)])
def test_videos_are_answered_as_a_whole(how: str, threshold: float) -> None:
    found = evaluate_groups(store("video"), PROBABILITIES, PROBABILITIES, Operating(1, 0.5), Evaluate(group=how))
    assert found["group_accuracy"] == found["group_roc_auc"] == found["group_f1"] == 1
    assert found["group_threshold"] == pytest.approx(threshold)


def test_the_items_of_other_groups_are_pooled_by_group_and_class() -> None:
    found = evaluate_groups(store("image"), PROBABILITIES, PROBABILITIES, Operating(1, 0.5), Evaluate(group="max"))
    assert found["group_accuracy"] == 1
