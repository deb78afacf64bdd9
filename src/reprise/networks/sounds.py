"""A network for sounds."""

from torch import Tensor

from reprise.blocks import AudioModel
from reprise.networks.prepared import PreparedClassifier
from reprise.networks.resnet import LAYERS, Resnet
from reprise.networks.spectrogram import LogMel


class SoundNet(PreparedClassifier):
    """A residual network of one channel that sees the spectrograms of items float32 [N, T]."""

    layers = LAYERS
    mixed_precision = True

    def __init__(self, model: AudioModel, sample_rate: int, classes: int) -> None:
        super().__init__(LogMel(model, sample_rate), channels=1)
        self.backbone = Resnet(
            model.network, classes, width=model.width, channels=1, stem=model.stem, dropout=model.dropout
        )

    def activations(self, items: Tensor) -> tuple[Tensor, ...]:
        """Return the means [N, channels] of the layers over frequency and time, then the logits."""
        features = self.backbone.features(self.prepare(items))
        return *features, self.backbone.head(features[-1])
