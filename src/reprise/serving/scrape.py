"""What is done at a scrape, over the values of all processes."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from reprise.monitoring.drift import Reference

# The gauge by which processes tell each other what fell into the bins; it is not shown.
COUNTS = "drift_counts"


class DriftCollector:
    """Passes on what `source` collects, with drift scores in place of the counts that they are made of."""

    def __init__(self, source: Collector, reference: Reference) -> None:
        self._source, self._reference = source, reference

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics; the counts are by then the sums over the windows of all processes."""
        for metric in self._source.collect():
            if metric.name == f"reprise_{COUNTS}":
                yield from self._drift(metric)
            else:
                yield metric

    def _drift(self, metric: Metric) -> Iterator[Metric]:
        names = self._reference.names
        places = {name: place for place, name in enumerate(names)}
        counts = np.zeros((len(names), self._reference.bins), np.int64)
        for sample in metric.samples:
            counts[places[sample.labels["feature"]], int(sample.labels["bin"])] = sample.value
        length = int(counts.sum(axis=1).max(initial=0))
        yield GaugeMetricFamily("reprise_drift_window", "Last inputs that the drift scores are of.", length)
        family = GaugeMetricFamily(
            "reprise_drift_score",
            "Population stability index of the last inputs against the training inputs, less what is due to chance. "
            "Above 0.1 is a moderate drift, above 0.25 a large one. Not there while inputs are few.",
            labels=["feature"],
        )
        scores = self._reference.score(counts)
        if scores is not None:
            for name, score in zip(names, scores.tolist(), strict=True):
                family.add_metric([name], score)
        yield family


def forget_dead(folder: Path) -> None:
    """Remove the gauges of processes that are gone from the folder that processes share.

    The same as `prometheus_client.multiprocess.mark_process_dead`, which somebody who sees them die would have to
    call: uvicorn starts another in the place of a dead one and tells nobody. What they counted stays.
    """
    for path in folder.glob("gauge_live*_*.db"):
        if not _alive(int(path.stem.rpartition("_")[2])):
            path.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    # There signal 0 is Ctrl-C, and a file that is open cannot be removed.
    if sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
