"""Hidden layers, one after the other."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


class HiddenLayers(nn.Module):
    """Layers of the given widths with ReLU and dropout, then one logit a class."""

    def __init__(self, features: int, classes: int, hidden: Sequence[int], dropout: float) -> None:
        super().__init__()
        widths = (features, *hidden)
        self.names = tuple(f"hidden{place}" for place in range(1, len(widths)))
        self.hidden = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(widths))
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(widths[-1], classes)

    def forward(self, values: Tensor) -> tuple[Tensor, ...]:
        """Return the activations [N, width] of each layer after ReLU, then the logits, of values [N, features]."""
        found = []
        for layer in self.hidden:
            values = torch.relu(layer(values))
            found.append(values)
            values = self.dropout(values)
        return *found, self.output(values)
