"""Residual networks of 18 and 34 layers (He et al. 2016, Deep residual learning for image recognition)."""

from typing import Literal

import torch
from torch import Tensor, nn

# Blocks of each of the four layers.
_BLOCKS = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3)}

LAYERS = ("stem", "layer1", "layer2", "layer3", "layer4")


class Resnet(nn.Module):
    """The network of the paper with torchvision's names of parameters, whose published weights it loads.

    `width` is the number of channels of the first of four layers, each twice as wide as the one before; 64 is
    the published one. The stem halves a picture twice ("imagenet") or not at all ("small"). Without `dropout`
    it is the published network.
    """

    def __init__(
        self,
        network: str,
        classes: int,
        *,
        width: int = 64,
        channels: int = 3,
        stem: Literal["imagenet", "small"] = "imagenet",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        kernel, stride = (7, 2) if stem == "imagenet" else (3, 1)
        self.conv1 = nn.Conv2d(channels, width, kernel, stride, padding=kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1) if stem == "imagenet" else nn.Identity()
        first, second, third, fourth = _BLOCKS[network]
        self.layer1 = _layer(width, width, first, stride=1)
        self.layer2 = _layer(width, 2 * width, second, stride=2)
        self.layer3 = _layer(2 * width, 4 * width, third, stride=2)
        self.layer4 = _layer(4 * width, 8 * width, fourth, stride=2)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(8 * width, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def features(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """Return the spatial mean [N, channels] of what each of `LAYERS` makes of pictures [N, channels, H, W]."""
        # The faster order in memory for convolutions on a CPU, and for those of half precision on a GPU.
        values = self.conv1(pictures).contiguous(memory_format=torch.channels_last)
        values = self.maxpool(torch.relu(self.bn1(values)))
        found = [_mean(values)]
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            values = layer(values)
            found.append(_mean(values))
        return tuple(found)

    def head(self, features: Tensor) -> Tensor:
        """Return the logits [N, classes] of the features [N, 8 * width] of the last layer."""
        logits: Tensor = self.fc(self.dropout(features))
        return logits


class BasicBlock(nn.Module):
    """Two convolutions of 3 by 3 beside a shortcut; the first may halve the picture."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.stride = stride
        self.downsample: nn.Module = nn.Identity()
        if before != after or stride > 1:
            self.downsample = nn.Sequential(nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after))

    def forward(self, values: Tensor) -> Tensor:
        """Return [N, after, H / stride, W / stride] for [N, before, H, W]."""
        inner = torch.relu(self.bn1(self.conv1(values)))
        # Not by a convolution with a stride: oneDNN writes past its workspace there, and gives wrong gradients, where
        # channels are few (https://github.com/uxlfoundation/oneDNN/issues/6035).
        thinned = values[:, :, :: self.stride, :: self.stride]
        return torch.relu(self.bn2(self.conv2(inner)) + self.downsample(thinned))


def _layer(before: int, after: int, blocks: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        BasicBlock(before, after, stride), *(BasicBlock(after, after, stride=1) for _ in range(blocks - 1))
    )


def _mean(values: Tensor) -> Tensor:
    return values.mean(dim=(2, 3))
