"""One network for each seed."""

from pathlib import Path

from reprise.datasets.store import Store
from reprise.networks.files import write_network
from reprise.params import Params
from reprise.training.checkpoint import Checkpoint, fingerprint
from reprise.training.distributed import World
from reprise.training.fit import steps_per_epoch
from reprise.training.settings import settings_of
from reprise.training.train import train_network
from reprise.training.watchers import LiveLog, Progress, Watcher, profiles


def train_seeds(
    params: Params, store: Store, splits: bytes, weights: Path, log: Path, checkpoints: Path, world: World
) -> None:
    """Train a network from each seed and write `<seed>.safetensors` into the new folder `weights`.

    DVCLive logs the first one's epochs in `log`, and those of the others in folders of their own below it. What
    a stopped run needs to go on is kept in `checkpoints`; `splits` is what it depends on beside the schema.
    Only the first process of `world` writes.
    """
    model, schema = params.chosen.model, store.schema
    train, val = store.subset("train"), store.subset("val")
    if world.first:
        weights.mkdir()
    for place, seed in enumerate(params.seeds):
        settings = settings_of(params, seed)
        watchers: list[Watcher] = []
        if world.first:
            steps = steps_per_epoch(len(train), settings.batch_size)
            watchers += [Progress(settings.epochs, steps), LiveLog(log / f"seed-{seed}" if place else log), *profiles()]
        checkpoint = Checkpoint(checkpoints / f"{seed}.pt", fingerprint(settings, model, schema, splits))
        network = train_network(model, schema, settings, train, val, watchers, checkpoint, world)
        if world.first:
            write_network(weights / f"{seed}.safetensors", network)
