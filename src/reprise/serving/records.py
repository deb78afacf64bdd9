"""The lines of the prediction log."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from reprise.bundle import Bundle
from reprise.serving.instances import Instance


class Records:
    """Makes the lines of one model, with the raw inputs in them or without."""

    def __init__(self, bundle: Bundle, *, with_inputs: bool) -> None:
        self._names, self._with_inputs = bundle.features, with_inputs
        self._model = to_json({"task": bundle.task, "model": bundle.served.sha256})[1:-1]

    def lines(
        self,
        request_id: str,
        predictions: Sequence[bytes],
        features: Sequence[NDArray[np.float32]],
        instances: Sequence[Instance],
    ) -> bytes:
        """Return one line of JSON for each prediction of a request: when, by which model, what, on what features.

        `predictions` are the JSON objects of the answer. `features` are those that drift is measured by, [items,
        features] with one item for each row or file; null is missing. The raw inputs are rows as they came, files in
        base64.
        """
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        head = f'{{"time":"{time}","request_id":"{request_id}","instance":'.encode()
        found: list[bytes] = []
        for place, (prediction, values, instance) in enumerate(zip(predictions, features, instances, strict=True)):
            measured = to_json(_measured(self._names, values, instance), inf_nan_mode="null")
            found += (head, b"%d," % place, self._model, b",", prediction[1:-1], b',"features":', measured)
            if self._with_inputs:
                found += (b',"input":', to_json(_readable(instance)))
            found.append(b"}\n")
        return b"".join(found)


def _measured(names: Sequence[str], features: NDArray[np.float32], instance: Instance) -> dict[str, Any]:
    if isinstance(instance, dict):
        return instance
    if isinstance(instance, list):
        return dict(zip(names, instance, strict=True))
    # The digits of float32, without which a value would not fall onto the edge of a bin that it came from.
    return {name: float(f"{value:.7g}") for name, value in zip(names, features[0].tolist(), strict=True)}


def _readable(instance: Instance) -> Any:
    return {"b64": base64.b64encode(instance).decode()} if isinstance(instance, bytes) else instance
