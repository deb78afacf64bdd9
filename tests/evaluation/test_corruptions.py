from itertools import pairwise

import numpy as np
import pytest

from reprise.evaluation import corruptions as c

DRAW = np.random.default_rng(0)
ACROSS, DOWN = np.meshgrid(np.linspace(0, 1, 48), np.linspace(0, 1, 48))
WAVES = 128 + 100 * np.stack([np.sin(9 * ACROSS), np.cos(7 * DOWN), np.sin(20 * ACROSS * DOWN)], axis=-1)
PICTURES = np.stack([np.roll(WAVES, 5 * number, axis=1) for number in range(6)]).round().astype(np.uint8)
CLIPS = np.stack([np.roll(PICTURES, number, axis=0) for number in range(4)])
TIME = np.arange(8000) / 8000
SOUNDS = np.stack([0.3 * np.sin(2 * np.pi * (220 + 300 * n) * TIME) for n in range(6)]).astype(np.float32)
SOUNDS += DRAW.normal(0, 0.02, SOUNDS.shape).astype(np.float32)
ITEMS = {"image": PICTURES, "video": CLIPS, "audio": SOUNDS}
ALL = [(modality, name) for modality in ITEMS for name in c.corruptions(modality)]


def change(corruption, items, strength, seed=0):
    return corruption.apply(items, strength, np.random.default_rng(seed))


def difference(one, other):
    return np.abs(one.astype(np.float64) - other.astype(np.float64)).mean()


def test_each_modality_has_its_own() -> None:
    pictures = ["noise", "blur", "brightness", "contrast", "jpeg"]
    assert list(c.corruptions("image")) == pictures
    assert list(c.corruptions("video")) == [*pictures, "frames"]
    assert list(c.corruptions("audio")) == ["noise", "bandwidth", "gain"]
    with pytest.raises(ValueError, match="tabular"):
        c.corruptions("tabular")


@pytest.mark.parametrize(("modality", "name"), ALL)
def test_stronger_is_farther_away(modality, name) -> None:
    corruption, items = c.corruptions(modality)[name], ITEMS[modality]
    before = items.copy()
    changed = [change(corruption, items, strength) for strength in corruption.strengths]
    distances = [difference(one, items) for one in changed]
    assert len(distances) == 5
    assert distances[0] > 0
    assert all(weaker < stronger for weaker, stronger in pairwise(distances))
    assert all(one.shape == items.shape and one.dtype == items.dtype for one in changed)
    assert modality != "audio" or np.abs(changed).max() <= 1
    np.testing.assert_array_equal(items, before)


@pytest.mark.parametrize(("modality", "name"), ALL)
def test_batches_do_not_matter(modality, name) -> None:
    corruption, items = c.corruptions(modality)[name], ITEMS[modality]
    draw = np.random.default_rng(0)
    parts = [corruption.apply(items[start : start + 2], corruption.strengths[2], draw) for start in range(0, 6, 2)]
    np.testing.assert_array_equal(np.concatenate(parts), change(corruption, items, corruption.strengths[2]))


@pytest.mark.parametrize("name", ["blur", "contrast", "jpeg"])
def test_a_clip_is_changed_frame_by_frame(name) -> None:
    strength = c.corruptions("video")[name].strengths[1]
    of_frames = change(c.corruptions("image")[name], CLIPS[0], strength)
    np.testing.assert_array_equal(change(c.corruptions("video")[name], CLIPS[:1], strength)[0], of_frames)


def test_noise_has_the_deviation_asked_for() -> None:
    grey = np.full((4, 64, 64, 3), 128, np.uint8)
    noisy = change(c.corruptions("image")["noise"], grey, 0.1).astype(float)
    assert noisy.std() == pytest.approx(25.5, rel=0.03)
    assert noisy.mean() == pytest.approx(128, abs=0.5)


def test_noise_does_not_wrap_around() -> None:
    white = np.full((1, 32, 32, 3), 255, np.uint8)
    assert change(c.corruptions("image")["noise"], white, 0.1).min() > 100


def test_blur_spreads_a_point_by_a_share_of_the_side() -> None:
    point = np.zeros((1, 101, 101, 3), np.uint8)
    point[0, 49:52, 49:52] = 255
    spread = change(c.corruptions("image")["blur"], point, 0.03)[0, :, :, 0].astype(float)
    variance = (spread.sum(axis=0) * (np.arange(101) - 50) ** 2).sum() / spread.sum()
    assert variance == pytest.approx(3.03**2 + 2 / 3, rel=0.15)  # of the Gaussian and of three pixels side by side


def test_brightness_goes_up_and_down_and_is_the_same_for_a_clip() -> None:
    grey = np.full((20, 3, 8, 8, 3), 100, np.uint8)
    changed = change(c.corruptions("video")["brightness"], grey, 0.2)
    assert set(np.unique(changed)) == {49, 151}
    assert all(len(np.unique(clip)) == 1 for clip in changed)


def test_contrast_keeps_the_mean_colour() -> None:
    changed = change(c.corruptions("image")["contrast"], PICTURES, 0.75)
    np.testing.assert_allclose(changed.mean(axis=(1, 2)), PICTURES.mean(axis=(1, 2)), atol=0.5)
    np.testing.assert_allclose(changed.std(axis=(1, 2)), PICTURES.std(axis=(1, 2)) / 4, rtol=0.05)


@pytest.mark.parametrize(("share", "dropped"), [(0.1, 1), (0.25, 2), (0.5, 5), (0.9, 9), (1.0, 9)])
def test_dropped_frames_show_the_last_one_kept(share, dropped) -> None:
    clips = np.broadcast_to(np.arange(10, dtype=np.uint8)[:, None, None, None], (20, 10, 4, 4, 3))
    shown = change(c.corruptions("video")["frames"], clips, share)[:, :, 0, 0, 0]
    for numbers in shown:
        frozen = numbers != np.arange(10)
        assert frozen.sum() == dropped
        assert not frozen[0]
        np.testing.assert_array_equal(numbers[1:][frozen[1:]], numbers[:-1][frozen[1:]])
    assert len(np.unique(shown, axis=0)) > 1 or dropped == 9


def test_a_clip_of_one_frame_loses_none() -> None:
    np.testing.assert_array_equal(change(c.corruptions("video")["frames"], CLIPS[:, :1], 0.9), CLIPS[:, :1])


@pytest.mark.parametrize("ratio", [30, 10])
def test_white_noise_has_the_ratio_asked_for_whatever_the_level(ratio) -> None:
    for items in (SOUNDS, SOUNDS / 100):
        added = change(c.corruptions("audio")["noise"], items, ratio) - items
        found = 10 * np.log10(np.square(items).mean(axis=1) / np.square(added).mean(axis=1))
        np.testing.assert_allclose(found, ratio, atol=0.3)


def test_silence_stays_silent() -> None:
    silence = np.zeros((2, 1000), np.float32)
    for corruption in c.corruptions("audio").values():
        assert not change(corruption, silence, corruption.strengths[-1]).any()


@pytest.mark.parametrize("length", [8000, 7999])
def test_bandwidth_cuts_above_and_keeps_below(length) -> None:
    time = np.arange(length) / 8000
    low, high = (0.3 * np.sin(2 * np.pi * hertz * time) for hertz in (900, 2500))
    changed = change(c.corruptions("audio")["bandwidth"], (low + high)[None].astype(np.float32), 0.5)[0]
    middle = slice(1000, -1000)
    np.testing.assert_allclose(changed[middle], low[middle], atol=0.01)


def test_gain_goes_up_and_down_and_clips() -> None:
    changed = change(c.corruptions("audio")["gain"], np.full((20, 4), 0.4, np.float32), 6)
    np.testing.assert_allclose(np.unique(changed), [0.4 / 10**0.3, 0.4 * 10**0.3], rtol=1e-6)
    assert change(c.corruptions("audio")["gain"], np.full((20, 4), 0.4, np.float32), 20).max() == 1
