"""The store to a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from _start import run

if TYPE_CHECKING:
    from reprise.params import Params
    from reprise.training.watchers import Watcher


def train(params: Params) -> None:
    """Write models/weights and what DVCLive logs, and go on from where a stopped run of the same settings was."""
    from reprise.datasets.store import read_store
    from reprise.files import replacing, restoring
    from reprise.networks.files import write_network
    from reprise.training.checkpoint import Checkpoint, fingerprint
    from reprise.training.fit import steps_per_epoch
    from reprise.training.settings import settings_of
    from reprise.training.train import train_network
    from reprise.training.watchers import LiveLog, Progress, profiles

    store = read_store(Path("data/store"))
    settings, model = settings_of(params), params.chosen.model
    examples, val = store.subset("train"), store.subset("val")
    checkpoint = Checkpoint(
        Path("models/checkpoint.pt"),
        fingerprint(settings, model, store.schema, Path("data/store/index.parquet").read_bytes()),
    )
    with replacing(Path("models/weights")) as weights, restoring(Path("reports/train")) as log:
        watchers: list[Watcher] = [
            Progress(settings.epochs, steps_per_epoch(len(examples), settings.batch_size)),
            LiveLog(log),
            *profiles(),
        ]
        network = train_network(model, store.schema, settings, examples, val, watchers, checkpoint)
        weights.mkdir()
        write_network(weights / f"{params.seed}.safetensors", network)
    checkpoint.remove()


if __name__ == "__main__":
    run(train)
