"""Nearest neighbours for tables, by scikit-learn."""

from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor, nn

from reprise.networks.scaler import Scaler


class Knn:
    """Scaler, then scikit-learn's KNeighborsClassifier over the scaled training rows."""

    layers: tuple[str, ...] = ()

    def __init__(
        self,
        scaler: Scaler,
        items: Tensor,
        labels: Tensor,
        n_neighbors: int,
        weights: Literal["uniform", "distance"],
        p: float,
    ) -> None:
        """Take the scaled training rows float32 [N, features] and their class numbers int64 [N]."""
        self.scaler, self.items, self.labels = scaler, items, labels
        self.neighbours = KNeighborsClassifier(n_neighbors=n_neighbors, weights=weights, p=p, n_jobs=1)
        self.neighbours.fit(items.numpy(), labels.numpy())

    def probabilities(self, items: NDArray[Any]) -> NDArray[np.float32]:
        """Return float32 [N, classes]: the weighed votes of the neighbours."""
        with torch.inference_mode():
            scaled = self.scaler(torch.from_numpy(items)).numpy()
        return np.asarray(self.neighbours.predict_proba(scaled), dtype=np.float32)

    def tensors(self) -> dict[str, Tensor]:
        """Return the scaler's buffers, the scaled training rows and their classes."""
        scaler = {f"scaler.{name}": tensor for name, tensor in self.scaler.state_dict().items()}
        return {**scaler, "items": self.items, "labels": self.labels}

    def graph(self) -> nn.Module:
        """Return the same as a torch module; see docs/decisions.md for why skl2onnx is not used."""
        return _Graph(self)


class _Graph(nn.Module):
    items: Tensor
    votes: Tensor

    def __init__(self, knn: Knn) -> None:
        super().__init__()
        self.scaler = knn.scaler
        self.register_buffer("items", knn.items)
        self.register_buffer("votes", nn.functional.one_hot(knn.labels).float())
        self.n_neighbors = knn.neighbours.n_neighbors
        self.by_distance = knn.neighbours.weights == "distance"
        self.p = float(knn.neighbours.p)

    def forward(self, items: Tensor) -> tuple[Tensor]:
        apart = (self.scaler(items)[:, None] - self.items[None]).abs().pow(self.p).sum(dim=2).pow(1 / self.p)
        distances, nearest = torch.topk(apart, self.n_neighbors, dim=1, largest=False)
        weights = torch.ones_like(distances)
        if self.by_distance:
            # A neighbour in the very same place has all the say, shared with others there.
            same = distances == 0
            weights = torch.where(same.any(dim=1, keepdim=True), same.float(), 1 / distances)
        scores = (weights[:, :, None] * self.votes[nearest]).sum(dim=1)
        return (scores / scores.sum(dim=1, keepdim=True),)
