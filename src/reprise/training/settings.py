"""What the training loop is told."""

from dataclasses import dataclass
from typing import Literal

from reprise.params import Params


@dataclass(frozen=True)
class Settings:
    """How to train one network."""

    epochs: int
    schedule: Literal["one_cycle", "cosine"]
    patience: int
    lr: float
    weight_decay: float
    batch_size: int
    seed: int
    deterministic: bool


def settings_of(params: Params) -> Settings:
    """Gather the settings of the chosen task."""
    train = params.chosen.train
    return Settings(
        epochs=train.epochs,
        schedule=train.schedule,
        patience=train.patience,
        lr=params.lr,
        weight_decay=params.weight_decay,
        batch_size=params.batch_size,
        seed=params.seed,
        deterministic=params.deterministic,
    )
