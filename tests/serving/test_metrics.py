import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from monitoring.made import SHA, made_bundle
from platforms import WINDOWS, removes_open_files
from prometheus_client.parser import text_string_to_metric_families

from reprise.monitoring.drift import ENOUGH, Reference
from reprise.serving.metrics import Metrics

TRAINED = np.random.default_rng(1).normal(size=(115, 3)).astype(np.float32)
BUNDLE = made_bundle(TRAINED)

WORKER = """
import json, os, sys
import numpy as np
from reprise.bundle import Bundle
from reprise.serving.metrics import Metrics

metrics = Metrics(Bundle.model_validate_json(sys.argv[1]))
for line in sys.stdin:
    name, *given = json.loads(line)
    if name == "again":
        print(os.getpid(), flush=True)
        os.execv(sys.executable, sys.orig_argv)
    if name == "predicted":
        given[2] = np.array(given[2], np.float32)
    found = getattr(metrics, name)(*given)
    print(json.dumps(found and found[0].decode()), flush=True)
"""

Samples = dict[tuple[str, ...], float]


def read(text: str) -> Samples:
    """Return the samples by name and the values of their labels, in the order of the labels' names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def shown(metrics: Metrics) -> Samples:
    return read(metrics.render()[0].decode())


def inputs(count: int, shift: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, size=(count, 3)).astype(np.float32)


def answer(count: int, label: str = "yes") -> tuple[list[str], list[float]]:
    return [label] * count, [0.93] * count


def expected(*windows: np.ndarray) -> Samples:
    """Return the scores of windows taken together."""
    reference = Reference(BUNDLE.reference)
    scores = reference.score(reference.count(np.concatenate(windows)))
    return {("reprise_drift_score", name): score for name, score in zip(BUNDLE.features, scores, strict=True)}


def scores(samples: Samples) -> Samples:
    return {key: value for key, value in samples.items() if key[0] == "reprise_drift_score"}


def test_what_happened_is_shown() -> None:
    metrics = Metrics(BUNDLE)
    for status in (200, 200, 422):
        metrics.request("/predict", "POST", status, 0.004)
    metrics.request("/model", "GET", 200, 40)
    metrics.decoded(0.02)
    metrics.inferred(0.0001)
    metrics.predicted(["yes", "no", "yes"], [0.5, 0.99, 1], inputs(3, 0, 0))
    metrics.queued(7)
    metrics.queued(4)
    metrics.log_failed()
    found = shown(metrics)
    assert found["reprise_requests_total", "POST", "/predict", "200"] == 2
    assert found["reprise_requests_total", "POST", "/predict", "422"] == 1
    assert found["reprise_request_seconds_bucket", "0.0025", "/predict"] == 0
    assert found["reprise_request_seconds_bucket", "0.005", "/predict"] == 3
    assert found["reprise_request_seconds_sum", "/predict"] == pytest.approx(0.012)
    assert found["reprise_request_seconds_bucket", "30.0", "/model"] == 0
    assert found["reprise_request_seconds_count", "/model"] == 1
    assert found["reprise_decode_seconds_sum",] == 0.02
    assert found["reprise_inference_seconds_bucket", "0.0005"] == 1
    assert found["reprise_predictions_total", "yes"] == 2
    assert found["reprise_predictions_total", "no"] == 1
    assert found["reprise_confidence_bucket", "0.4"] == 0
    assert found["reprise_confidence_bucket", "0.5"] == 1
    assert found["reprise_confidence_bucket", "1.0"] == 3
    assert found["reprise_queue_length",] == 4
    assert found["reprise_prediction_log_failures_total",] == 1
    assert found["reprise_bundle_info", SHA, "made"] == 1
    assert found["reprise_drift_window",] == 3


def test_every_name_is_ours_and_every_metric_explained() -> None:
    content, kind = Metrics(BUNDLE).render()
    families = list(text_string_to_metric_families(content.decode()))
    assert all(family.name.startswith("reprise_") and family.documentation for family in families)
    assert not any("created" in family.name or "counts" in family.name for family in families)
    assert kind == "text/plain; version=0.0.4; charset=utf-8"


def test_nothing_is_shared_between_two_in_one_process() -> None:
    first, second = Metrics(BUNDLE), Metrics(BUNDLE)
    first.log_failed()
    assert shown(second)["reprise_prediction_log_failures_total",] == 0


def test_the_drift_score_is_of_the_last_inputs() -> None:
    metrics = Metrics(BUNDLE)
    metrics.predicted(*answer(ENOUGH - 1), inputs(ENOUGH - 1, 0, 2))
    assert scores(shown(metrics)) == {}
    old, new = inputs(700, 5, 3), inputs(1000, 0, 4)
    new[:200, 1] = np.nan
    metrics.predicted(*answer(700), old)
    assert min(scores(shown(metrics)).values()) > 1
    for row in new:
        metrics.predicted(*answer(1), row[None])
    found = shown(metrics)
    assert found["reprise_drift_window",] == 1000
    assert scores(found) == pytest.approx(expected(new))


def test_threads_lose_no_count() -> None:
    metrics = Metrics(BUNDLE)

    def work() -> None:
        for _ in range(300):
            metrics.request("/predict", "POST", 200, 0.1)
            metrics.predicted(*answer(2), TRAINED[:2])
            metrics.refresh()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = shown(metrics)
    assert found["reprise_requests_total", "POST", "/predict", "200"] == 1200
    assert found["reprise_predictions_total", "yes"] == found["reprise_confidence_count",] == 2400
    assert found["reprise_drift_window",] == 1000


class Worker:
    """A process with metrics that does as it is told."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", WORKER, BUNDLE.model_dump_json()],
            env=os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, name: str, *given: Any) -> Any:
        self.process.stdin.write(json.dumps([name, *given]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def predicted(self, label: str, features: np.ndarray) -> None:
        self.tell("predicted", *answer(len(features), label), features.tolist())
        self.tell("refresh")

    def shown(self) -> Samples:
        return read(self.tell("render"))

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Worker]]:
    workers: list[Worker] = []

    def one() -> Worker:
        workers.append(Worker(tmp_path))
        return workers[-1]

    yield one
    for worker in workers:
        worker.kill()


def everywhere(workers: Sequence[Worker]) -> Samples:
    """Return what each of the workers shows, which must be the same."""
    first, *others = (worker.shown() for worker in workers)
    assert all(other == first for other in others)
    return first


def test_any_process_shows_the_metrics_of_all(start: Callable[[], Worker]) -> None:
    workers = [start(), start()]
    here, there = inputs(900, 0, 5), inputs(400, 4, 6)
    # No one of them has enough for a score, or the score of all.
    workers[0].predicted("yes", here[:60])
    workers[1].predicted("yes", here[60:120])
    assert scores(everywhere(workers)) == pytest.approx(expected(here[:120]))
    workers[0].predicted("yes", here[120:])
    workers[1].predicted("no", there)
    for number, worker in enumerate(workers, 1):
        worker.tell("request", "/predict", "POST", 200, 0.3 * number)
        worker.tell("decoded", 0.02)
        worker.tell("inferred", 0.02)
        worker.tell("queued", number)
        worker.tell("log_failed")
    found = everywhere(workers)
    assert found["reprise_drift_window",] == 1300
    assert scores(found) == pytest.approx(expected(here, there))
    assert found["reprise_predictions_total", "yes"] == 900
    assert found["reprise_predictions_total", "no"] == 400
    assert found["reprise_confidence_bucket", "0.9"] == 0
    assert found["reprise_confidence_count",] == 1300
    assert found["reprise_requests_total", "POST", "/predict", "200"] == 2
    assert found["reprise_request_seconds_bucket", "0.5", "/predict"] == 1
    assert found["reprise_request_seconds_sum", "/predict"] == pytest.approx(0.9)
    assert found["reprise_decode_seconds_count",] == found["reprise_inference_seconds_count",] == 2
    assert found["reprise_queue_length",] == 3
    assert found["reprise_prediction_log_failures_total",] == 2
    assert found["reprise_bundle_info", SHA, "made"] == 1


@removes_open_files
def test_a_killed_process_leaves_its_counts_but_not_its_window(start: Callable[[], Worker]) -> None:
    stays, dies = start(), start()
    here = inputs(300, 0, 7)
    stays.predicted("yes", here)
    dies.predicted("no", inputs(300, 6, 8))
    dies.tell("queued", 9)
    assert stays.shown()["reprise_queue_length",] == 9
    dies.kill()
    new = start()
    found = everywhere([stays, new])
    assert found["reprise_queue_length",] == 0
    assert found["reprise_drift_window",] == 300
    assert scores(found) == pytest.approx(expected(here))
    assert found["reprise_predictions_total", "no"] == 300


@pytest.mark.skipif(WINDOWS, reason="Windows puts no other program into a process")
def test_a_new_process_with_the_number_of_a_dead_one_starts_anew(start: Callable[[], Worker]) -> None:
    worker = start()
    worker.predicted("yes", inputs(300, 0, 9))
    worker.tell("queued", 5)
    number = worker.tell("again")
    found = worker.shown()
    assert worker.process.pid == number
    assert found["reprise_drift_window",] == found["reprise_queue_length",] == 0
    assert found["reprise_predictions_total", "yes"] == 300
