"""A multilayer perceptron for tables."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from reprise.items import Items
from reprise.networks.classifier import Classifier
from reprise.networks.hidden import HiddenLayers
from reprise.networks.scaler import Scaler


class Mlp(Classifier):
    """Scaler, then hidden layers of the given widths."""

    def __init__(self, features: int, classes: int, hidden: Sequence[int], dropout: float) -> None:
        super().__init__()
        self.scaler = Scaler(features)
        self.stack = HiddenLayers(features, classes, hidden, dropout)
        self.layers = self.stack.names

    def fit_input(self, items: Items) -> None:
        """Measure the scaler."""
        self.scaler.fit(np.asarray(items))

    def activations(self, items: Tensor) -> tuple[Tensor, ...]:
        """Return the hidden activations after ReLU, then the logits."""
        found: tuple[Tensor, ...] = self.stack(self.scaler(items))
        return found
