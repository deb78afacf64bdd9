"""A network for videos."""

from torch import Tensor

from reprise.blocks import VideoModel
from reprise.networks.pixels import Pixels
from reprise.networks.prepared import PreparedClassifier
from reprise.networks.resnet import LAYERS, Resnet


class VideoNet(PreparedClassifier):
    """The residual network of pictures on each frame of clips uint8 [N, K, H, W, 3], averaged over the frames."""

    layers = LAYERS
    mixed_precision = True

    def __init__(self, model: VideoModel, classes: int) -> None:
        super().__init__(Pixels(), channels=3)
        self.backbone = Resnet(model.network, classes, width=model.width, stem=model.stem, dropout=model.dropout)

    def activations(self, items: Tensor) -> tuple[Tensor, ...]:
        """Return the means [N, channels] of the layers over space and time, then the logits."""
        frames = self.prepare(items)
        each = self.backbone.features(frames.flatten(0, 1))
        features = [values.view(*frames.shape[:2], -1).mean(dim=1) for values in each]
        return *features, self.backbone.head(features[-1])
