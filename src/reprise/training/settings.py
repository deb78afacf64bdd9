"""What the training loop is told."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from reprise.blocks import AudioAugment, AudioTrain, ImageAugment, ImageTrain, VideoTrain
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
    class_weights: Literal["none", "balanced"] = "none"
    augment: ImageAugment | AudioAugment | None = None  # those of videos are those of pictures and more

    def told(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {**asdict(self), "augment": self.augment and self.augment.model_dump()}


def settings_of(params: Params, seed: int) -> Settings:
    """Gather the settings of the chosen task for the network of one seed."""
    train = params.chosen.train
    return Settings(
        epochs=train.epochs,
        schedule=train.schedule,
        patience=train.patience,
        lr=params.lr,
        weight_decay=params.weight_decay,
        batch_size=params.batch_size,
        seed=seed,
        deterministic=params.deterministic,
        class_weights=train.class_weights,
        augment=train.augment if isinstance(train, ImageTrain | AudioTrain | VideoTrain) else None,
    )
