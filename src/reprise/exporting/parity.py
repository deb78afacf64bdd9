"""Proof that the exported graph answers as the network does."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from reprise.exporting.graph import INPUT, PROBABILITIES
from reprise.items import Items

TOLERANCE = 1e-4
# One and an odd number beside two, which the graph was traced with: a batch size taken for a constant shows.
# How many items each is tried on; None is all.
BATCHES = {16: None, 1: 20, 2: 20, 5: 20}

Decide = Callable[[NDArray[np.float32]], NDArray[np.int64]]


class ParityError(Exception):
    """The exported graph differs from the network: a bug of an exporter or a runtime, and no bundle is written."""


def check_parity(model: Path, items: Items, expected: NDArray[np.float32], decide: Decide) -> float:
    """Run the graph over `items` in batches of 16, over the first in batches of 1, 2 and 5, and compare.

    `expected` are the network's probabilities [N, classes] and `decide` makes class numbers of such. Returns the
    largest difference of a probability; raises `ParityError` above 1e-4 or at a changed label.
    """
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    largest = 0.0
    for batch, most in BATCHES.items():
        count = min(len(items), most or len(items))
        parts = [
            session.run([PROBABILITIES], {INPUT: np.asarray(items[start : min(start + batch, count)])})[0]
            for start in range(0, count, batch)
        ]
        found = np.concatenate(parts)
        changed = int((decide(found) != decide(expected[:count])).sum())
        difference = float(np.abs(found - expected[:count]).max())
        if changed or not difference <= TOLERANCE:
            labels = f"{changed} of {count} labels changed"
            raise ParityError(f"batch size {batch}: {labels}, probabilities differ by {difference:.1e}")
        largest = max(largest, difference)
    return largest
