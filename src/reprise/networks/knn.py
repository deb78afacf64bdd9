"""Nearest neighbours for tables."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from reprise.blocks import TabularModel
from reprise.items import Items
from reprise.networks.scaler import Scaler

# Differences of features that are held at a time, in numbers: 64 MiB.
_DIFFERENCES = 2**24


class Knn:
    """Scaler, then the votes of the nearest scaled training rows, as in scikit-learn's KNeighborsClassifier.

    Training, evaluation and the exported graph share one implementation. scikit-learn's own answers depend on
    its search tree where rows are equally far, which no graph can repeat; here the row that comes first wins.
    """

    layers: tuple[str, ...] = ()

    def __init__(self, scaler: Scaler, items: Tensor, labels: Tensor, model: TabularModel) -> None:
        """Take the scaled training rows float32 [N, features] and their class numbers int64 [N]."""
        self._graph = _Graph(scaler, items, labels, model).eval()
        self.labels = labels

    @torch.inference_mode()
    def probabilities(self, items: Items) -> NDArray[np.float32]:
        """Return float32 [N, classes]: the weighed votes of the neighbours, in batches."""
        batch = max(1, _DIFFERENCES // self._graph.items.numel())
        parts = [torch.from_numpy(np.asarray(items[start : start + batch])) for start in range(0, len(items), batch)]
        return torch.cat([self._graph(part)[0] for part in parts]).numpy()

    def representations(self, items: Items) -> list[NDArray[np.float32]]:
        """Return nothing: the votes have no layers."""
        return []

    def tensors(self) -> dict[str, Tensor]:
        """Return the scaler's buffers, the scaled training rows and their classes."""
        scaler = {f"scaler.{name}": tensor for name, tensor in self._graph.scaler.state_dict().items()}
        return {**scaler, "items": self._graph.items, "labels": self.labels}

    def graph(self) -> nn.Module:
        """Return the module that `probabilities` calls."""
        return self._graph


class _Graph(nn.Module):
    items: Tensor
    votes: Tensor

    def __init__(self, scaler: Scaler, items: Tensor, labels: Tensor, model: TabularModel) -> None:
        super().__init__()
        self.scaler = scaler
        self.register_buffer("items", items)
        self.register_buffer("votes", nn.functional.one_hot(labels).float())
        self.n_neighbors, self.by_distance, self.p = model.n_neighbors, model.weights == "distance", model.p

    def forward(self, items: Tensor) -> tuple[Tensor]:
        apart = (self.scaler(items)[:, None] - self.items[None]).abs()
        # Relative to the largest difference, or high powers would overflow.
        largest = apart.amax(dim=2, keepdim=True).clamp(min=1e-30)
        distances = largest[:, :, 0] * (apart / largest).pow(self.p).sum(dim=2).pow(1 / self.p)
        # Whole numbers, so that distances that are equal but for the order of a sum are equal; the first row wins then.
        rank = torch.round(distances * 1e4).long() * len(self.items) + torch.arange(len(self.items))
        _, nearest = torch.topk(rank, self.n_neighbors, dim=1, largest=False)
        near = torch.gather(distances, 1, nearest)
        weights = torch.ones_like(near)
        if self.by_distance:
            # A neighbour in the very same place has all the say, shared with others there.
            same = near == 0
            weights = torch.where(same.any(dim=1, keepdim=True), same.float(), 1 / near)
        scores = (weights[:, :, None] * self.votes[nearest]).sum(dim=1)
        return (scores / scores.sum(dim=1, keepdim=True),)
