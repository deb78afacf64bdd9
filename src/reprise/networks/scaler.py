"""Filling and scaling of the features of a table."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

# In standard deviations.
_FARTHEST = 1e6


class Scaler(nn.Module):
    """Puts the training median where a value is missing, then takes the mean away and divides by the deviation."""

    median: Tensor
    mean: Tensor
    scale: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("median", torch.zeros(features))
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))

    def fit(self, items: NDArray[np.float32]) -> None:
        """Measure float32 [N, features], where NaN is a missing value; a feature that never varies keeps scale 1."""
        exact = items.astype(np.float64)
        # A feature can be missing in all of the training rows though not in all rows.
        exact[:, np.isnan(exact).all(axis=0)] = 0
        median = np.nanmedian(exact, axis=0)
        filled = np.where(np.isnan(exact), median, exact)
        deviation = filled.std(axis=0)
        for buffer, values in (
            (self.median, median),
            (self.mean, filled.mean(axis=0)),
            (self.scale, np.where(deviation > 0, deviation, 1)),
        ):
            buffer.copy_(torch.from_numpy(values))

    def forward(self, items: Tensor) -> Tensor:
        """Return [N, features] without missing values, of mean 0 and deviation 1 over the training rows."""
        scaled = (torch.where(torch.isnan(items), self.median, items) - self.mean) / self.scale
        # A sentinel such as -3.4e38 would overflow on its way to the probabilities.
        return scaled.clamp(-_FARTHEST, _FARTHEST)
