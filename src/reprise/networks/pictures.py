"""Networks for pictures."""

import math

from torch import Tensor

from reprise.blocks import ImageModel
from reprise.networks.hidden import HiddenLayers
from reprise.networks.pixels import Pixels
from reprise.networks.prepared import PreparedClassifier
from reprise.networks.resnet import LAYERS, Resnet


class PictureNet(PreparedClassifier):
    """A residual network for items uint8 [N, H, W, 3]."""

    layers = LAYERS
    mixed_precision = True

    def __init__(self, model: ImageModel, classes: int) -> None:
        super().__init__(Pixels(), channels=3)
        self.backbone = Resnet(model.network, classes, width=model.width, stem=model.stem, dropout=model.dropout)

    def activations(self, items: Tensor) -> tuple[Tensor, ...]:
        """Return the spatial means [N, channels] of the layers, then the logits."""
        features = self.backbone.features(self.prepare(items))
        return *features, self.backbone.head(features[-1])


class PictureMlp(PreparedClassifier):
    """A multilayer perceptron for items uint8 [N, *shape]."""

    def __init__(self, model: ImageModel, shape: tuple[int, ...], classes: int) -> None:
        super().__init__(Pixels(), channels=3)
        self.stack = HiddenLayers(math.prod(shape), classes, model.hidden, model.dropout)
        self.layers = self.stack.names

    def activations(self, items: Tensor) -> tuple[Tensor, ...]:
        """Return the hidden activations [N, width] after ReLU, then the logits."""
        found: tuple[Tensor, ...] = self.stack(self.prepare(items).flatten(1))
        return found
