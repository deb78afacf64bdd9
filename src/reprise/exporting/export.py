"""A whole bundle."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reprise.answers import Probabilities, decide
from reprise.blocks import TabularTask
from reprise.bundle import Bundle, Decision, Example, Quantization, write_bundle
from reprise.datasets.sources import open_source
from reprise.datasets.store import Store
from reprise.decoding.decoder import make_decoder
from reprise.errors import ArtifactError
from reprise.exporting.examples import Answer, write_files, write_rows
from reprise.exporting.graph import write_graph
from reprise.exporting.parity import check_parity
from reprise.exporting.reference import reference
from reprise.networks.classifier import Network
from reprise.params import Params


def write_model(
    folder: Path, network: Network, store: Store, metrics: Mapping[str, float], params: Params
) -> tuple[float, Quantization | None]:
    """Write the bundle of `network` into the new folder `folder`; raise `ParityError` where the graph differs from it.

    `metrics` are those of evaluate, the thresholds among them. Returns the largest difference of a probability
    between the graph and the network on the test set, and what became of the model in integers if it was asked for.
    """
    folder.mkdir()
    schema, task = store.schema, params.chosen
    decision = _decision(params, schema.classes, metrics)
    model = write_graph(folder / "model.onnx", network, schema.shape, schema.dtype)
    test = store.subset("test").items
    probabilities = network.probabilities(test)
    positive = schema.classes.index(decision.positive) if decision.positive else 0
    by_threshold = partial(decide, threshold=decision.threshold, positive=positive)
    difference = check_parity(folder / model.file, test, probabilities, by_threshold)
    quantization = None
    if task.export.quantize == "int8":
        from reprise.exporting.trial import run, try_int8  # which load much that is seldom wanted

        quantization = try_int8(folder, model, network, store, by_threshold, task.export.max_drop)
        if quantization.model:
            probabilities = run(folder / quantization.model.file, test)
    answer = _answer(schema.classes, decision, pools=task.modality == "video")
    bundle = Bundle(
        task=params.task,
        modality=task.modality,
        decode=task.decode.model_dump(),
        features=schema.features,
        classes=schema.classes,
        decision=decision,
        model=model,
        quantization=quantization,
        metrics=dict(metrics),
        parameters=params.model_dump(exclude={"tasks", "gate"}) | task.model_dump(),
        data_sha256=schema.sha256,
        reference=reference(store.features[store.places("train")], schema.features),
        examples=_write_examples(folder / "examples", store, probabilities, answer, params),
    )
    write_bundle(folder, bundle)
    return difference, quantization


def read_metrics(path: Path) -> dict[str, float]:
    """Read what evaluate measured; raise `ArtifactError` where it is missing or damaged."""
    expected = "what evaluate writes; run `dvc repro`"
    try:
        found: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(str(path), "no such file", expected) from None
    except ValueError:
        raise ArtifactError(str(path), "no JSON", expected) from None
    return found


def _decision(params: Params, classes: tuple[str, ...], metrics: Mapping[str, float]) -> Decision:
    two = len(classes) == 2
    if two and "threshold" not in metrics:
        raise ArtifactError("reports/evaluate/metrics.json", "no threshold", "that of this task; run `dvc repro`")
    return Decision(
        positive=(params.chosen.evaluate.positive or classes[1]) if two else None,
        threshold=metrics["threshold"] if two else None,
        pool=params.chosen.evaluate.group or "mean",
        group_threshold=metrics.get("group_threshold", metrics["threshold"]) if two else None,
    )


def _answer(classes: tuple[str, ...], decision: Decision, *, pools: bool) -> Answer:
    """Return what answers for a file: for its one item or, where it may hold several, for all of them together."""

    def answer(probabilities: NDArray[np.float32]) -> tuple[str, Probabilities]:
        together = np.zeros(len(probabilities), np.int64) if pools else None
        chosen, answered = decision.answer(probabilities, classes, together)
        return classes[int(chosen[0])], answered[0]

    return answer


def _write_examples(
    folder: Path, store: Store, probabilities: NDArray[np.float32], answer: Answer, params: Params
) -> tuple[Example, ...]:
    task = params.chosen
    if isinstance(task, TabularTask):
        return write_rows(folder, store, probabilities, answer, task.export.examples)
    decoder = make_decoder(task.modality, task.decode.model_dump())
    source = open_source(params.source, task.format, task.decode, decoder.suffixes)
    return write_files(folder, store, source, decoder, probabilities, answer, task.export.examples)
