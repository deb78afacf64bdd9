"""Raw files to the store: read, check, split, write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from _start import run

if TYPE_CHECKING:
    from reprise.params import Params


def preprocess(params: Params) -> None:
    """Write data/store and the statistics of the data."""
    from reprise.datasets.decode import workers_wanted
    from reprise.datasets.prepare import prepare
    from reprise.datasets.statistics import write_statistics
    from reprise.datasets.store import read_store
    from reprise.files import replacing

    with replacing(Path("data/store")) as store, replacing(Path("reports/preprocess")) as report:
        prepared = prepare(params, store, workers_wanted())
        write_statistics(report, read_store(store), prepared)
    for file in prepared.bad:
        print(f"left out: {file.file}: {file.reason}")
    print(f"data/store: {prepared.examples} examples, {prepared.duplicates} repeats, {len(prepared.bad)} bad files")


if __name__ == "__main__":
    run(preprocess)
