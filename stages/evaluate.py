"""Trained networks to metrics and plots."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from _start import run

if TYPE_CHECKING:
    from reprise.params import Params


def evaluate(params: Params) -> None:
    """Write reports/evaluate: how the network does on the test set, and how alike those of several seeds are."""
    from functools import partial

    from reprise.datasets.store import read_store
    from reprise.evaluation.report import write_report
    from reprise.files import replacing
    from reprise.networks.files import read_networks
    from reprise.training.distributed import pick_device
    from reprise.training.settings import settings_of
    from reprise.training.train import train_network

    store = read_store(Path("data/store"))
    model, schema = params.chosen.model, store.schema
    networks = read_networks(Path("models/weights"), params.seeds, model, schema, pick_device())
    fit = partial(train_network, model, schema, settings_of(params, params.seeds[0]))
    with replacing(Path("reports/evaluate")) as report:
        write_report(report, networks, store, fit, params)


if __name__ == "__main__":
    run(evaluate)
