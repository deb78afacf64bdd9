"""Normalisation of what a front gives, channel by channel."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn


class Normaliser(nn.Module):
    """Takes the mean of each channel away and divides by its deviation."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("deviation", torch.ones(channels, 1, 1))

    def fit(self, batches: Iterable[Tensor]) -> None:
        """Measure batches [..., channels, H, W]; a channel that never varies keeps deviation 1.

        Each batch joins those before it as in Chan, Golub and LeVeque (1979), Updating formulae and a pairwise
        algorithm for computing sample variances, which leaves exactly 0 to a channel that is constant.
        """
        count = 0
        mean, squares = np.zeros(len(self.mean)), np.zeros(len(self.mean))
        for batch in batches:
            values = batch.movedim(-3, 0).flatten(1).cpu().double()
            here, size = values.mean(dim=1), values.shape[1]
            apart = here.numpy() - mean
            squares += (values - here[:, None]).square().sum(dim=1).numpy() + apart**2 * (count * size / (count + size))
            mean += apart * (size / (count + size))
            count += size
        deviation = np.sqrt(squares / count)
        self.set(mean, np.where(deviation > 0, deviation, 1))

    def set(self, mean: Iterable[float], deviation: Iterable[float]) -> None:
        """Take one mean and one deviation for each channel."""
        for buffer, values in ((self.mean, mean), (self.deviation, deviation)):
            buffer.copy_(torch.tensor(list(values), dtype=torch.float64).view_as(buffer))

    def forward(self, values: Tensor) -> Tensor:
        """Return [..., channels, H, W] of mean 0 and deviation 1 over what was measured."""
        return (values - self.mean) / self.deviation
