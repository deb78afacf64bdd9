"""A bundle of made training inputs, without its files."""

import numpy as np

from reprise.bundle import Bundle, Decision, Example, Model, Tensor
from reprise.exporting.reference import reference

SHA = "5a" * 32


def made_bundle(items: np.ndarray) -> Bundle:
    """Return the bundle of a model of two classes that was trained on items [N, features]."""
    names = tuple(f"feature_{place}" for place in range(items.shape[1]))
    return Bundle(
        task="made",
        modality="tabular",
        decode={},
        features=names,
        classes=("no", "yes"),
        decision=Decision(positive="yes", threshold=0.5, pool="mean", group_threshold=None),
        model=Model(
            file="model.onnx",
            sha256=SHA,
            opset=20,
            input=Tensor(name="items", dtype="float32", shape=("batch", len(names))),
            outputs=(Tensor(name="probabilities", dtype="float32", shape=("batch", 2)),),
        ),
        metrics={},
        parameters={},
        data_sha256="",
        reference=reference(items.astype(np.float32), names),
        examples=(Example(file="examples/1.json", label="no", probabilities=(0.9, 0.1)),),
    )
