"""A multilayer perceptron for tables."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from reprise.networks.classifier import Classifier
from reprise.networks.scaler import Scaler


class Mlp(Classifier):
    """Scaler, then hidden layers of the given widths with ReLU and dropout, then one logit a class."""

    def __init__(self, features: int, classes: int, hidden: Sequence[int], dropout: float) -> None:
        super().__init__()
        widths = (features, *hidden)
        self.layers = tuple(f"hidden{place}" for place in range(1, len(widths)))
        self.scaler = Scaler(features)
        self.hidden = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(widths))
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(widths[-1], classes)

    def activations(self, items: Tensor) -> tuple[Tensor, ...]:
        """Return the hidden activations after ReLU, then the logits."""
        values = self.scaler(items)
        found = []
        for layer in self.hidden:
            values = torch.relu(layer(values))
            found.append(values)
            values = self.dropout(values)
        return *found, self.output(values)
