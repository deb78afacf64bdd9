import numpy as np
import pytest
import torch

from reprise.blocks import AudioModel, ImageModel
from reprise.items import Rows
from reprise.networks import prepared
from reprise.networks.pictures import PictureNet
from reprise.networks.prepared import PreparedClassifier
from reprise.networks.sounds import SoundNet

PICTURES = np.random.default_rng(0).integers(0, 256, (9, 16, 12, 3), dtype=np.uint8)


def picture_net() -> PreparedClassifier:
    return PictureNet(ImageModel(width=4), 3)


def test_training_items_come_out_normalised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "_AT_ONCE", 2 * 16 * 12 * 3)
    net = picture_net()
    places = np.array([5, 0, 3, 8, 7])
    net.fit_input(Rows(PICTURES, places))
    numbers = PICTURES[places].astype(np.float64) / 255
    np.testing.assert_allclose(net.normaliser.mean.flatten(), numbers.mean(axis=(0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(net.normaliser.deviation.flatten(), numbers.std(axis=(0, 1, 2)), rtol=1e-6)
    found = net.prepare(torch.from_numpy(PICTURES[places]))
    torch.testing.assert_close(found.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)


def test_items_that_cannot_be_written_to_are_measured(tmp_path) -> None:
    np.save(tmp_path / "items.npy", PICTURES)
    items = np.load(tmp_path / "items.npy", mmap_mode="r")
    net = picture_net()
    net.fit_input(items)
    assert (net.normaliser.mean != 0).all()


def test_changes_come_before_normalisation_and_only_while_training() -> None:
    net = picture_net()
    net.fit_input(PICTURES)
    items = torch.from_numpy(PICTURES)
    seen = []

    def blank(values: torch.Tensor) -> torch.Tensor:
        seen.append(values)
        return values * 0

    net.augmentation = blank
    still = net.eval().prepare(items)
    assert not seen
    changed = net.train().prepare(items)
    torch.testing.assert_close(seen[0], items.movedim(-1, 1) / 255)
    torch.testing.assert_close(changed, net.normaliser(torch.zeros(9, 3, 16, 12)))
    assert not torch.equal(still, changed)


def test_half_precision_stays_out_of_the_front() -> None:
    net = SoundNet(AudioModel(width=4, n_mels=8, n_fft=256), 32000, 3)
    items = torch.rand(2, 4000)
    expected = net.prepare(items)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(net.prepare(items), expected)
        assert net.eval()(items).dtype == torch.bfloat16
