from dataclasses import replace

import pytest

from reprise.blocks import TabularModel
from reprise.schema import Schema
from reprise.training.checkpoint import fingerprint
from reprise.training.settings import Settings

SETTINGS = Settings(12, "one_cycle", 100, 0.01, 0.01, 16, 3, deterministic=True)
MODEL = TabularModel()
SCHEMA = Schema(modality="tabular", shape=(2,), dtype="float32", classes=("a", "b"), features=("x", "y"), sha256="1")
SAME = fingerprint(SETTINGS, MODEL, SCHEMA, b"index")


def test_the_same_of_the_same() -> None:
    assert fingerprint(replace(SETTINGS), MODEL.model_copy(), SCHEMA.model_copy(), b"index") == SAME


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 13},
        {"schedule": "cosine"},
        {"patience": 3},
        {"lr": 0.02},
        {"weight_decay": 0.0},
        {"batch_size": 8},
        {"seed": 4},
        {"deterministic": False},
    ],
)
def test_another_of_other_settings(change: dict[str, object]) -> None:
    assert fingerprint(replace(SETTINGS, **change), MODEL, SCHEMA, b"index") != SAME


def test_another_of_another_network_and_other_data() -> None:
    assert fingerprint(SETTINGS, MODEL.model_copy(update={"dropout": 0.2}), SCHEMA, b"index") != SAME
    assert fingerprint(SETTINGS, MODEL, SCHEMA.model_copy(update={"sha256": "2"}), b"index") != SAME
    assert fingerprint(SETTINGS, MODEL, SCHEMA, b"other splits or labels") != SAME
