import math

import pytest
import torch

from reprise.blocks import AudioAugment, ImageAugment, VideoAugment
from reprise.training.augment import augmentation

STILL = {"flip": False, "rotate": 0.0, "crop": 0.0, "colour": 0.0}
PICTURES = torch.rand(6, 3, 16, 16, generator=torch.Generator().manual_seed(0))
CLIPS = torch.rand(4, 8, 3, 12, 12, generator=torch.Generator().manual_seed(0))
SOUNDS = 80 * torch.rand(5, 1, 16, 50, generator=torch.Generator().manual_seed(0)) - 100


def pictures(changes: dict, items: torch.Tensor = PICTURES, seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    return augmentation(ImageAugment(**STILL | changes))(items)


def clips(changes: dict, items: torch.Tensor = CLIPS, seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    return augmentation(VideoAugment(**STILL | {"frames": 1.0} | changes))(items)


def sounds(changes: dict, items: torch.Tensor = SOUNDS, seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    still = {"shift": 0.0, "time_mask": 0.0, "frequency_mask": 0.0}
    return augmentation(AudioAugment(**still | changes))(items)


def test_off_is_the_identity() -> None:
    assert torch.equal(pictures({}), PICTURES)
    assert torch.equal(clips({}), CLIPS)
    assert torch.equal(sounds({}), SOUNDS)


@pytest.mark.parametrize(
    ("settings", "items"),
    [(ImageAugment(), PICTURES), (VideoAugment(frames=1.0), CLIPS), (AudioAugment(), SOUNDS)],
    ids=["pictures", "clips", "sounds"],
)
def test_the_seed_decides_and_the_items_stay_as_they_were(settings, items: torch.Tensor) -> None:
    before, change, found = items.clone(), augmentation(settings), []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        found.append(change(items))
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])
    assert torch.equal(items, before)
    assert found[0].shape == items.shape
    assert found[0].dtype == items.dtype


@pytest.mark.parametrize("changes", [{"colour": 1.0}, {"rotate": 180.0, "crop": 0.9}, {"flip": True}])
def test_values_stay_from_0_to_1(changes: dict) -> None:
    black_and_white = (PICTURES > 0.5).float()
    found = pictures(changes, black_and_white)
    assert found.min() >= -1e-6
    assert found.max() <= 1 + 1e-6


def test_about_half_of_the_pictures_are_flipped() -> None:
    items = PICTURES[:1].expand(200, -1, -1, -1)
    found = pictures({"flip": True}, items)
    as_they_were = (found - items).abs().amax(dim=(1, 2, 3)) < 1e-4
    flipped = (found - items.flip(-1)).abs().amax(dim=(1, 2, 3)) < 1e-4
    assert (as_they_were ^ flipped).all()
    assert 70 < int(flipped.sum()) < 130


def spot(x: float, y: float, height: int = 41, width: int = 41) -> torch.Tensor:
    """A bright spot, x and y pixels from the centre."""
    across = torch.arange(width) - (width - 1) / 2 - x
    down = torch.arange(height) - (height - 1) / 2 - y
    return torch.exp(-(across[None] ** 2 + down[:, None] ** 2) / 4).expand(3, -1, -1)


def places(found: torch.Tensor) -> torch.Tensor:
    """Where the spots are: [N, 2], x and y pixels from the centre."""
    mass = found[:, 0] / found[:, 0].sum(dim=(1, 2), keepdim=True)
    across = torch.arange(found.shape[-1]) - (found.shape[-1] - 1) / 2
    down = torch.arange(found.shape[-2]) - (found.shape[-2] - 1) / 2
    return torch.stack([(mass.sum(dim=1) * across).sum(dim=1), (mass.sum(dim=2) * down).sum(dim=1)], dim=1)


@pytest.mark.parametrize("width", [41, 61])
def test_rotation_keeps_the_distance_from_the_centre(width: int) -> None:
    found = places(pictures({"rotate": 30.0}, spot(10, 0, width=width).expand(300, -1, -1, -1)))
    torch.testing.assert_close(found.norm(dim=1), torch.full((300,), 10.0), atol=0.1, rtol=0)
    angles = torch.rad2deg(torch.atan2(found[:, 1], found[:, 0]))
    assert angles.abs().max() <= 30.5
    assert angles.min() < -25
    assert angles.max() > 25


def test_a_crop_is_scaled_back() -> None:
    centre, right = (places(pictures({"crop": 0.4}, spot(x, 0).expand(300, -1, -1, -1))) for x in (0, 4))
    # The same cuts twice: what lies between the two spots grows by up to 1 / (1 - 0.4), and all moves as far as it can.
    growth = (right - centre)[:, 0] / 4
    assert 0.99 <= growth.min() < 1.05
    assert 1.55 < growth.max() <= 1.7
    assert centre.abs().max() <= 0.4 / 0.6 * 20.5 + 0.1
    assert centre.amax(dim=0).min() > 8
    assert centre.amin(dim=0).max() < -8


def test_the_frames_of_a_clip_change_alike() -> None:
    still = CLIPS[:, :1].expand(-1, 8, -1, -1, -1)
    found = clips({"flip": True, "rotate": 20.0, "crop": 0.3, "colour": 0.4}, still)
    torch.testing.assert_close(found, found[:, :1].expand_as(found))
    assert not torch.allclose(found[0], found[1], atol=0.05)


def test_colour_changes_brightness_contrast_and_saturation() -> None:
    grey = torch.full((500, 3, 4, 4), 0.5)
    found = pictures({"colour": 0.2}, grey)
    # A grey picture has brightness alone.
    torch.testing.assert_close(found, found[:, :1, :1, :1].expand_as(found))
    assert 0.39 < found.min() < 0.42
    assert 0.58 < found.max() < 0.61
    red = torch.zeros(500, 3, 4, 4)
    red[:, 0] = 0.5
    found = pictures({"colour": 0.2}, red)[:, :, 0, 0]
    relative = (found[:, 0] - found[:, 1]) / (0.299 * found[:, 0] + 0.587 * found[:, 1] + 0.114 * found[:, 2])
    assert 0 < relative.min() < 0.9 * 0.5 / 0.1495
    halves = torch.full((500, 3, 4, 4), 0.4)
    halves[:, :, :2] = 0.6
    found = pictures({"colour": 0.2}, halves)[:, 0]
    contrast = (found[:, 0, 0] - found[:, 3, 0]) / found.mean(dim=(1, 2)) / 0.4
    assert 0.79 < contrast.min() < 0.83
    assert 1.17 < contrast.max() < 1.21


@pytest.mark.parametrize(("share", "kept"), [(0.5, 4), (0.4, 3), (0.01, 1), (0.99, 8)])
def test_one_frame_of_each_segment_in_order(share: float, kept: int) -> None:
    numbered = torch.arange(8.0)[None, :, None, None, None].expand(200, 8, 3, 2, 2)
    found = clips({"frames": share}, numbered)
    assert found.shape == (200, kept, 3, 2, 2)
    frames = found[:, :, 0, 0, 0].long()
    edges = [place * 8 // kept for place in range(kept + 1)]
    for place in range(kept):
        assert set(frames[:, place].tolist()) == set(range(edges[place], edges[place + 1]))


def test_a_shift_rolls_each_sound_along_time() -> None:
    ramp = torch.arange(50.0).expand(300, 1, 16, 50)
    found = sounds({"shift": 0.2}, ramp)
    steps = -found[:, 0, 0, 0] % 50
    steps = torch.where(steps > 25, steps - 50, steps).long()
    assert set(steps.tolist()) == set(range(-10, 11))
    for item, step in zip(found, steps.tolist(), strict=True):
        assert torch.equal(item, ramp[0].roll(step, dims=-1))


@pytest.mark.parametrize(("setting", "length", "axis"), [("time_mask", 50, 2), ("frequency_mask", 16, 1)])
def test_one_band_of_each_sound_becomes_its_mean(setting: str, length: int, axis: int) -> None:
    items = SOUNDS[:1].expand(300, -1, -1, -1)
    found = sounds({setting: 0.3}, items)[:, 0]
    masked = found != items[:, 0]
    torch.testing.assert_close(found[masked], items[0].mean().expand(int(masked.sum())))
    lines = masked.all(dim=3 - axis)
    assert torch.equal(lines, masked.any(dim=3 - axis))
    assert set(lines.sum(dim=1).tolist()) == set(range(math.floor(0.3 * length) + 1))
    assert (lines.diff(dim=1).sum(dim=1) <= 2).all()
    assert lines.any(dim=0).all()


def test_a_mask_may_cover_everything() -> None:
    found = sounds({"time_mask": 1.0}, SOUNDS[:1].expand(300, -1, -1, -1))
    assert any(item.unique().numel() == 1 for item in found)
