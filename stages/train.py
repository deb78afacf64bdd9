"""The store to trained networks; under torchrun by several processes, of which the first writes."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from _start import run

if TYPE_CHECKING:
    from reprise.params import Params


def train(params: Params) -> None:
    """Write models/weights and what DVCLive logs, and go on from where a stopped run of the same settings was."""
    from reprise.datasets.store import read_store
    from reprise.files import replacing, restoring
    from reprise.training.distributed import joined
    from reprise.training.seeds import train_seeds

    weights, log, checkpoints = Path("models/weights"), Path("reports/train"), Path("models/checkpoints")
    store, splits = read_store(Path("data/store")), Path("data/store/index.parquet").read_bytes()
    with joined() as world, ExitStack() as outputs:
        if world.first:
            weights = outputs.enter_context(replacing(weights))
            log = outputs.enter_context(restoring(log))
        train_seeds(params, store, splits, weights, log, checkpoints, world)
    if world.first:
        shutil.rmtree(checkpoints, ignore_errors=True)


if __name__ == "__main__":
    run(train)
