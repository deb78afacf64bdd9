"""What every network is: to the training loop, to the rest of the pipeline, and as a graph to export."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from reprise.items import Items

# At a time outside training: enough to keep a device busy, little enough for its memory.
_ITEMS, _NUMBERS = 64, 2**23


class Network(Protocol):
    """A trained network, whatever library it comes from."""

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the layers whose activations the graph gives beside the probabilities."""

    def probabilities(self, items: Items) -> NDArray[np.float32]:
        """Return float32 [N, classes], rows that sum to 1, for items [N, *shape]."""

    def representations(self, items: Items) -> list[NDArray[np.float32]]:
        """Return the activations of `layers`, each float32 [N, width]."""

    def tensors(self) -> dict[str, Tensor]:
        """Return all that `load` needs to make this network again, on the CPU."""

    def graph(self) -> nn.Module:
        """Return a module from items to (probabilities, *activations of `layers`)."""


class Classifier(nn.Module, ABC):
    """A network of torch modules, all preparation of its input included."""

    layers: tuple[str, ...] = ()
    # Whether bfloat16 products are worth their conversions on a GPU.
    mixed_precision = False
    # Changes what the front makes of the items, at random, while training.
    augmentation: Callable[[Tensor], Tensor] | None = None

    @abstractmethod
    def fit_input(self, items: Items) -> None:
        """Measure what normalisation needs over the training items."""

    @abstractmethod
    def activations(self, items: Tensor) -> tuple[Tensor, ...]:
        """Return the activations of `layers` in order, then the logits [N, classes]."""

    def forward(self, items: Tensor) -> Tensor:
        """Return the logits [N, classes]."""
        return self.activations(items)[-1]


class TorchNetwork:
    """A `Classifier` that has been trained, on the device where it lies."""

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier.eval()

    @property
    def layers(self) -> tuple[str, ...]:
        """The classifier's named layers."""
        return self.classifier.layers

    @torch.inference_mode()
    def probabilities(self, items: Items) -> NDArray[np.float32]:
        """Return float32 [N, classes] for items [N, *shape], in batches."""
        found = [torch.softmax(self.classifier(batch), dim=1).cpu() for batch in self._batches(items)]
        return torch.cat(found).numpy()

    @torch.inference_mode()
    def representations(self, items: Items) -> list[NDArray[np.float32]]:
        """Return the activations of the named layers, each float32 [N, width], in batches."""
        found = [[layer.cpu() for layer in self.classifier.activations(batch)[:-1]] for batch in self._batches(items)]
        return [torch.cat(parts).numpy() for parts in zip(*found, strict=True)]

    def _batches(self, items: Items) -> Iterator[Tensor]:
        device = next(self.classifier.parameters()).device
        step = max(1, min(_ITEMS, _NUMBERS // math.prod(items.shape[1:])))
        for start in range(0, len(items), step):
            yield torch.from_numpy(np.asarray(items[start : start + step])).to(device)

    def tensors(self) -> dict[str, Tensor]:
        """Return the parameters and buffers by name."""
        return {name: tensor.cpu().contiguous() for name, tensor in self.classifier.state_dict().items()}

    def graph(self) -> nn.Module:
        """Return the classifier with softmax behind it."""
        return _Graph(self.classifier)


class _Graph(nn.Module):
    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, items: Tensor) -> tuple[Tensor, ...]:
        *activations, logits = self.classifier.activations(items)
        return torch.softmax(logits, dim=1), *activations
