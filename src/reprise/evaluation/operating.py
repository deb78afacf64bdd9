"""Where a task of two classes draws its line."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reprise.answers import Probabilities, decide
from reprise.blocks import Evaluate
from reprise.errors import ParamsError
from reprise.evaluation.thresholds import choose_threshold


@dataclass(frozen=True)
class Operating:
    """The positive one of two classes and the probability from which it is answered; of more, no threshold."""

    positive: int = 0
    threshold: float | None = None

    def decide(self, probabilities: Probabilities) -> NDArray[np.int64]:
        """Return class numbers int64 [N] for probabilities [N, classes]."""
        return decide(probabilities, self.threshold, self.positive)


def operating(
    labels: NDArray[np.int64], probabilities: Probabilities, classes: tuple[str, ...], settings: Evaluate
) -> Operating:
    """Choose the threshold on the validation set; raise `ParamsError` where the positive class is none of ours."""
    positive = settings.positive
    if positive is not None and (positive not in classes or len(classes) != 2):
        expected = f"{classes[0]} or {classes[1]}" if len(classes) == 2 else "null: there are more than two classes"
        raise ParamsError("params.yaml: evaluate.positive", repr(positive), expected)
    if len(classes) != 2:
        return Operating()
    number = 1 if positive is None else classes.index(positive)
    found = choose_threshold(labels == number, probabilities[:, number], settings.threshold, settings.at_least)
    return Operating(number, found)
