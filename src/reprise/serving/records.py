"""The lines of the prediction log."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json

from reprise.bundle import Bundle
from reprise.decoding.decoder import Decoded
from reprise.serving.instances import Instance
from reprise.serving.model import Answers


def lines(
    request_id: str,
    bundle: Bundle,
    decoded: Sequence[Decoded],
    answers: Answers,
    instances: Sequence[Instance],
    *,
    with_inputs: bool,
) -> bytes:
    """Return one line of JSON for each prediction of a request: when, by which model, on what features, what.

    The features are those that drift is measured by, of a video their means over its clips; null is missing. With
    `with_inputs` the raw ones stand there as well: rows as they came, files in base64.
    """
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    found = []
    for place, (one, label, probabilities) in enumerate(
        zip(decoded, answers.chosen.tolist(), answers.rounded, strict=True)
    ):
        record: dict[str, Any] = {
            "time": time,
            "request_id": request_id,
            "instance": place,
            "task": bundle.task,
            "model": bundle.served.sha256,
            "label": bundle.classes[label],
            "probability": probabilities[label],
            "probabilities": dict(zip(bundle.classes, probabilities, strict=True)),
            "features": _features(bundle.features, one, instances[place]),
        }
        if with_inputs:
            record["input"] = _readable(instances[place])
        found += [to_json(record, inf_nan_mode="null"), b"\n"]
    return b"".join(found)


def _features(names: Sequence[str], decoded: Decoded, instance: Instance) -> dict[str, Any]:
    if isinstance(instance, dict):
        return instance
    if isinstance(instance, list):
        return dict(zip(names, instance, strict=True))
    values = decoded.features[0] if len(decoded.features) == 1 else decoded.features.mean(axis=0)
    # The digits of float32, without which a value would not fall onto the edge of a bin that it came from.
    return {name: float(f"{value:.7g}") for name, value in zip(names, values.tolist(), strict=True)}


def _readable(instance: Instance) -> Any:
    return {"b64": base64.b64encode(instance).decode()} if isinstance(instance, bytes) else instance
