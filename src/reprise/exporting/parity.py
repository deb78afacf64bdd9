"""Proof that the exported graph answers as the network does."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from reprise.exporting.graph import INPUT, PROBABILITIES

TOLERANCE = 1e-4
# One and an odd number beside two, which the graph was traced with: a batch size taken for a constant shows.
BATCHES = (1, 2, 5)


class ParityError(Exception):
    """The exported graph differs from the network: a bug of an exporter or a runtime, and no bundle is written."""


def check_parity(model: Path, items: NDArray[Any], expected: NDArray[np.float32]) -> float:
    """Run the graph over `items` in batches of 1, 2 and 5 and compare with `expected` [N, classes].

    Returns the largest difference of a probability. Raises `ParityError` above 1e-4 or at a changed label.
    """
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    largest = 0.0
    for batch in BATCHES:
        parts = [
            session.run([PROBABILITIES], {INPUT: items[start : start + batch]})[0]
            for start in range(0, len(items), batch)
        ]
        found = np.concatenate(parts)
        changed = int((found.argmax(axis=1) != expected.argmax(axis=1)).sum())
        difference = float(np.abs(found - expected).max())
        if changed or not difference <= TOLERANCE:
            labels = f"{changed} of {len(items)} labels changed"
            raise ParityError(f"batch size {batch}: {labels}, probabilities differ by {difference:.1e}")
        largest = max(largest, difference)
    return largest
