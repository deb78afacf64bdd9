"""What the networks for pictures, sounds and videos share: the way from items to normalised numbers."""

import math
from abc import ABC

import torch
from torch import Tensor, nn

from reprise.items import Items
from reprise.networks.classifier import Classifier
from reprise.networks.normaliser import Normaliser

# Numbers of items that are measured at a time.
_AT_ONCE = 2**22


class PreparedClassifier(Classifier, ABC):
    """A front without weights, random changes while training, then normalisation.

    `augmentation` is what changes the output of the front at random: numbers from 0 to 1 [N, 3, H, W] for
    pictures and [N, K, 3, H, W] for clips, decibels [N, 1, mels, frames] for sounds.
    """

    def __init__(self, front: nn.Module, channels: int) -> None:
        super().__init__()
        self.front = front
        self.normaliser = Normaliser(channels)

    @torch.no_grad()
    def fit_input(self, items: Items) -> None:
        """Measure the mean and deviation of each channel over the training items, in batches."""
        device = self.normaliser.mean.device
        step = max(1, _AT_ONCE // math.prod(items.shape[1:]))
        starts = range(0, len(items), step)
        self.normaliser.fit(self.front(torch.tensor(items[start : start + step], device=device)) for start in starts)

    def prepare(self, items: Tensor) -> Tensor:
        """Return the normalised float32 input of the layers with weights."""
        if torch.is_autocast_enabled(items.device.type):
            # Half the digits would drown what is dark or quiet.
            with torch.autocast(items.device.type, enabled=False):
                return self.prepare(items)
        values: Tensor = self.front(items)
        if self.training and self.augmentation is not None:
            values = self.augmentation(values)
        normalised: Tensor = self.normaliser(values)
        return normalised
