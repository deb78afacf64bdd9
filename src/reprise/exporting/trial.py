"""Whether the model in integers answers well enough to be served."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from reprise.bundle import Model, Quantization, sha256
from reprise.datasets.store import Store
from reprise.errors import ParamsError
from reprise.exporting.graph import INPUT, PROBABILITIES
from reprise.exporting.parity import Decide
from reprise.exporting.quantize import write_int8
from reprise.files import significant
from reprise.items import Items
from reprise.networks.classifier import Network
from reprise.session import session_options

_FILE = "model.int8.onnx"

# Training items that ranges are measured on, taken from all over the set.
_CALIBRATION = 256
_BATCH = 16


def try_int8(
    folder: Path, model: Model, network: Network, store: Store, decide: Decide, max_drop: float
) -> Quantization:
    """Write `model` of `folder` in integers too, and keep it where that costs at most `max_drop` points of accuracy.

    That is the accuracy of the items of the validation set, `decide` making class numbers of their probabilities,
    against the network's. Raises `ParamsError` where ONNX Runtime cannot write or run the graph.
    """
    path, train, val = folder / _FILE, store.places("train"), store.subset("val")
    spread = np.linspace(0, len(train) - 1, min(_CALIBRATION, len(train))).round().astype(np.int64)
    trained = {name for name, _ in network.graph().named_parameters()}
    try:
        write_int8(path, folder / model.file, store.take(train[spread]).items, trained)
        found = run(path, val.items)
    except OSError:
        raise
    except Exception as error:  # those of onnx and onnxruntime have no other class in common
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        problem = f"int8, which ONNX Runtime cannot make of this network ({reason})"
        raise ParamsError("params.yaml: export.quantize", problem, "none") from error
    described = model.model_copy(update={"file": path.name, "sha256": sha256(path)})
    quantization = _judge(network.probabilities(val.items), found, val.labels, decide, max_drop, described)
    if not quantization.served:
        path.unlink()
    return quantization


def run(path: Path, items: Items) -> NDArray[np.float32]:
    """Return the probabilities [N, classes] of `items` as the server computes them, by the graph at `path`."""
    session = ort.InferenceSession(path, session_options(), providers=["CPUExecutionProvider"])
    starts = range(0, len(items), _BATCH)
    parts = [session.run([PROBABILITIES], {INPUT: np.asarray(items[start : start + _BATCH])})[0] for start in starts]
    return np.concatenate(parts)


def _judge(
    expected: NDArray[np.float32],
    found: NDArray[np.float32],
    labels: NDArray[np.int64],
    decide: Decide,
    max_drop: float,
    described: Model,
) -> Quantization:
    before, after = decide(expected), decide(found)
    count, right, still = len(labels), int((before == labels).sum()), int((after == labels).sum())
    drop = 100 * (right - still) / count
    served = drop <= max_drop
    lost = f"int8 loses {max(drop, 0):.3g} percentage points of accuracy on the {count} items of the validation set"
    return Quantization(
        items=count,
        float_accuracy=significant(right / count),
        int8_accuracy=significant(still / count),
        drop=significant(drop),
        max_drop=max_drop,
        changed=int((before != after).sum()),
        # Two digits: integers turn what differs between processors into steps, seldom and small ones.
        difference=significant(float(np.abs(found - expected).max()), 2),
        served=served,
        reason=f"{lost}, {'no more' if served else 'more'} than max_drop, {max_drop:g}",
        model=described if served else None,
    )
