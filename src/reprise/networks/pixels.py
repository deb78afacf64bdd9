"""Pictures and the frames of clips, from bytes to numbers."""

from torch import Tensor, nn


class Pixels(nn.Module):
    """Makes numbers from 0 to 1 of bytes and puts the colours first."""

    def forward(self, items: Tensor) -> Tensor:
        """Return float32 [..., 3, H, W] for uint8 [..., H, W, 3]."""
        return items.movedim(-1, -3).float() / 255
