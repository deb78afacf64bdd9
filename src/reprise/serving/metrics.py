"""What Prometheus can ask of the server, whichever of its processes answers."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector

from reprise.bundle import Bundle
from reprise.monitoring.drift import Reference
from reprise.monitoring.window import Window
from reprise.serving.scrape import COUNTS, DriftCollector, forget_dead

# Inputs of one process that the drift score looks back on.
_WINDOW = 1000
# From a row of a table to a video, in seconds.
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30)
_TENTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)


class Metrics:
    """The metrics of one process, in a registry of its own; any thread may call any method.

    Where `PROMETHEUS_MULTIPROC_DIR` named a folder before prometheus_client was first imported, all processes of the
    server share it, and what one of them renders holds for all together.
    """

    def __init__(self, bundle: Bundle) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        self._folder = Path(folder) if folder else None
        self._reference = Reference(bundle.reference)
        self._registry = CollectorRegistry()
        source = MultiProcessCollector(None) if folder else self._registry  # type: ignore[no-untyped-call]
        self._collector = DriftCollector(source, self._reference)
        self._window, self._counted = Window(_WINDOW, len(bundle.features)), 0
        self._refreshing = threading.Lock()

        self._requests = self._counter("requests_total", "Requests answered.", "route", "method", "status")
        self._seconds = self._histogram("request_seconds", "From the start of a request to its answer.", "route")
        self._answered: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._decode = self._histogram("decode_seconds", "Decoding of what one request sent.")
        self._inference = self._histogram("inference_seconds", "Work of the model for one request.")
        self._queue = self._gauge("queue_length", "Requests that wait for a thread.")
        predictions = self._counter("predictions_total", "Answers by label.", "label")
        self._predictions = {label: predictions.labels(label) for label in bundle.classes}
        self._confidence = self._histogram("confidence", "Probability of the label answered.", buckets=_TENTHS)
        self._failures = self._counter(
            "prediction_log_failures_total", "Writes and uploads of the prediction log that failed."
        )
        counts = self._gauge(COUNTS, "Inputs in the window by feature and bin.", "feature", "bin")
        self._counts = [
            counts.labels(name, number) for name in self._reference.names for number in range(self._reference.bins)
        ]
        info = self._gauge("bundle_info", "The model that answers.", "task", "sha256", mode="livemax")
        info.labels(bundle.task, bundle.served.sha256).set(1)
        # A dead process of the same number may have left values in the folder.
        for gauge in (self._queue, *self._counts):
            gauge.set(0)

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request by its route's template and the time that it took."""
        found = self._answered.get((route, method, status))
        if found is None:
            found = (self._requests.labels(route, method, status), self._seconds.labels(route))
            self._answered[route, method, status] = found
        count, histogram = found
        count.inc()
        histogram.observe(seconds)

    def decoded(self, seconds: float) -> None:
        """Count the decoding of one request."""
        self._decode.observe(seconds)

    def inferred(self, seconds: float) -> None:
        """Count the inference of one request."""
        self._inference.observe(seconds)

    def predicted(self, labels: Sequence[str], confidences: Sequence[float], features: NDArray[np.float32]) -> None:
        """Count answers and keep the features of the items they are for, [items, features]; NaN is missing."""
        for label in labels:
            self._predictions[label].inc()
        for confidence in confidences:
            self._confidence.observe(confidence)
        self._window.add(features)

    def queued(self, length: int) -> None:
        """Tell how many requests wait for a thread."""
        self._queue.set(length)

    def log_failed(self) -> None:
        """Count a write or an upload of the prediction log that failed."""
        self._failures.inc()

    def refresh(self) -> None:
        """Bring the window into the counts that the other processes see; cheap where nothing is new."""
        with self._refreshing:
            added = self._window.added
            if added == self._counted:
                return
            counts = self._reference.count(self._window.rows())
            for gauge, count in zip(self._counts, counts.ravel().tolist(), strict=True):
                gauge.set(count)
            self._counted = added

    def render(self) -> tuple[bytes, str]:
        """Return the metrics of all processes in Prometheus' text format, and its content type."""
        self.refresh()
        if self._folder:
            forget_dead(self._folder)
        return generate_latest(self._collector), CONTENT_TYPE_PLAIN_0_0_4

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"reprise_{name}", text, labels, registry=self._registry)

    def _gauge(self, name: str, text: str, *labels: str, mode: Literal["livesum", "livemax"] = "livesum") -> Gauge:
        return Gauge(f"reprise_{name}", text, labels, registry=self._registry, multiprocess_mode=mode)

    def _histogram(self, name: str, text: str, *labels: str, buckets: Sequence[float] = _SECONDS) -> Histogram:
        return Histogram(f"reprise_{name}", text, labels, registry=self._registry, buckets=buckets)
