"""Random changes of a batch while training, on its device and from its device's generator."""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from reprise.blocks import AudioAugment, ImageAugment, VideoAugment

# How bright red, green and blue are to the eye: ITU-R BT.601.
_LUMA = (0.299, 0.587, 0.114)


def augmentation(settings: ImageAugment | VideoAugment | AudioAugment) -> Callable[[Tensor], Tensor]:
    """Return a function that changes each item of a batch in its own way, at random, and keeps its shape.

    Pictures [N, 3, H, W] and clips [N, K, 3, H, W] are numbers from 0 to 1, sounds [N, 1, mels, frames] decibels.
    Only a share of the K frames of a clip comes out: max(1, round(share * K)).
    """
    if isinstance(settings, AudioAugment):
        return partial(_sounds, settings)
    if isinstance(settings, VideoAugment):
        return partial(_clips, settings)
    return partial(_pictures, settings)


def _pictures(settings: ImageAugment, pictures: Tensor) -> Tensor:
    return _coloured(settings, _warped(settings, pictures[:, None]))[:, 0]


def _clips(settings: VideoAugment, clips: Tensor) -> Tensor:
    return _coloured(settings, _warped(settings, _some_frames(settings.frames, clips)))


def _sounds(settings: AudioAugment, decibels: Tensor) -> Tensor:
    """Roll along time, then blank a band of time and one of pitch: SpecAugment, Park et al. (2019)."""
    mean = decibels.mean(dim=(1, 2, 3), keepdim=True)
    rolled = _rolled(settings.shift, decibels)
    masked = _masked(settings.time_mask, rolled, mean, axis=3)
    return _masked(settings.frequency_mask, masked, mean, axis=2)


def _some_frames(share: float, clips: Tensor) -> Tensor:
    """Cut each clip into as many segments as frames are to be seen, and choose one frame of each."""
    frames = clips.shape[1]
    kept = max(1, round(share * frames))
    if kept == frames:
        return clips
    edges = torch.arange(kept + 1, device=clips.device) * frames // kept
    within = torch.rand(len(clips), kept, device=clips.device) * edges.diff()
    return clips[torch.arange(len(clips), device=clips.device)[:, None], edges[:-1] + within.long()]


def _warped(settings: ImageAugment, clips: Tensor) -> Tensor:
    """Cut, scale back, flip and rotate about the centre in one go, all frames of a clip alike."""
    if not (settings.flip or settings.rotate or settings.crop):
        return clips
    n, frames, colours, height, width = clips.shape
    grid = nn.functional.affine_grid(_matrices(settings, clips), [n, 1, height, width], align_corners=False)
    folded = clips.reshape(n, frames * colours, height, width)
    # Beyond its edge a picture goes on as its mirror image.
    warped = nn.functional.grid_sample(folded, grid, padding_mode="reflection", align_corners=False)
    return warped.view(clips.shape)


def _matrices(settings: ImageAugment, clips: Tensor) -> Tensor:
    """Draw [N, 2, 3]: where a place of the new picture lies in the old, both from -1 to 1."""
    n, height, width = len(clips), clips.shape[-2], clips.shape[-1]
    cut = settings.crop * torch.rand(2, n, device=clips.device)
    (scale_x, scale_y), (x, y) = 1 - cut, cut * _either_way(clips, 2)
    if settings.flip:
        scale_x = torch.where(torch.rand(n, device=clips.device) < 0.5, -scale_x, scale_x)
    angle = math.radians(settings.rotate) * _either_way(clips, 1)[0]
    # polar, since the bits of torch.cos follow the processor.
    turn = torch.polar(torch.ones_like(angle), angle)
    cosine, sine, aspect = turn.real, turn.imag, height / width
    rows = (
        torch.stack([cosine * scale_x, -sine * scale_y * aspect, cosine * x - sine * y * aspect]),
        torch.stack([sine * scale_x / aspect, cosine * scale_y, sine * x / aspect + cosine * y]),
    )
    return torch.stack(rows).permute(2, 0, 1)


def _coloured(settings: ImageAugment, clips: Tensor) -> Tensor:
    """Change brightness, contrast about the mean, and saturation, all frames of a clip alike."""
    if not settings.colour:
        return clips
    factors = 1 + settings.colour * _either_way(clips, 3)
    brightness, contrast, saturation = factors.view(3, -1, 1, 1, 1, 1)
    clips = clips * brightness
    mean = _grey(clips).mean(dim=(1, 2, 3, 4), keepdim=True)
    clips = mean + contrast * (clips - mean)
    grey = _grey(clips)
    clips = grey + saturation * (clips - grey)
    return clips.clamp(0, 1)


def _grey(clips: Tensor) -> Tensor:
    red, green, blue = (clips[:, :, place, None] for place in range(3))
    return _LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue


def _rolled(share: float, decibels: Tensor) -> Tensor:
    length = decibels.shape[3]
    steps = (share * length * _either_way(decibels, 1)).round().long()
    places = (torch.arange(length, device=decibels.device) - steps.T) % length
    return decibels.gather(3, places[:, None, None].expand_as(decibels))


def _masked(share: float, decibels: Tensor, mean: Tensor, axis: int) -> Tensor:
    length = decibels.shape[axis]
    wide, early = torch.rand(2, len(decibels), 1, device=decibels.device)
    size = (wide * (math.floor(share * length) + 1)).floor()
    start = (early * (length - size + 1)).floor()
    places = torch.arange(length, device=decibels.device)
    band = (places >= start) & (places < start + size)
    return torch.where(band[:, None, None] if axis == 3 else band[:, None, :, None], mean, decibels)


def _either_way(values: Tensor, rows: int) -> Tensor:
    """Draw [rows, N] from -1 to 1, for each item of the batch."""
    return 2 * torch.rand(rows, len(values), device=values.device) - 1
