import math
from pathlib import Path

import pytest
import torch

from reprise.blocks import AudioModel
from reprise.networks.resnet import LAYERS
from reprise.networks.sounds import SoundNet

from .learning import check_graph, learn

MODEL = AudioModel(width=4, n_mels=16, n_fft=128, hop=64, f_min=0.0, f_max=4000.0)
RATE = 8000


def tones(items: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Tones of 500 Hz (0) and 1000 Hz (1) in noise, each of its own loudness."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(items) % 2
    tone = torch.sin(2 * math.pi * 500 * (1 + labels[:, None]) * torch.arange(2000) / RATE)
    loudness = 0.01 + 0.5 * torch.rand(items, 1, generator=generator)
    return loudness * (tone + 0.5 * torch.randn(items, 2000, generator=generator)), labels


def test_the_layers() -> None:
    net = SoundNet(MODEL, RATE, 3).eval()
    *features, logits = net.activations(tones(4)[0])
    assert net.layers == LAYERS
    assert [tuple(values.shape) for values in features] == [(4, 4), (4, 4), (4, 8), (4, 16), (4, 32)]
    assert logits.shape == (4, 3)
    assert net.backbone.conv1.in_channels == 1
    assert net.mixed_precision


def test_one_mean_and_one_deviation() -> None:
    net = SoundNet(MODEL, RATE, 3)
    items, _ = tones(6)
    net.fit_input(items.numpy())
    found = net.prepare(items)
    assert found.shape == (6, 1, 16, 32)
    assert float(found.mean()) == pytest.approx(0, abs=1e-4)
    assert float(found.std(correction=0)) == pytest.approx(1, abs=1e-4)


def test_only_settled_tensors_are_saved() -> None:
    others = [name for name in SoundNet(MODEL, RATE, 3).state_dict() if not name.startswith("backbone.")]
    assert others == ["normaliser.mean", "normaliser.deviation"]


def test_it_learns_which_tone_sounds() -> None:
    torch.manual_seed(0)
    items, labels = tones(64)
    torch.manual_seed(0)
    assert learn(SoundNet(MODEL, RATE, 2), items, labels, steps=25) > 0.9


@pytest.mark.long
def test_the_graph_answers_as_the_network(tmp_path: Path) -> None:
    items, _ = tones(5)
    items[3] = 0
    check_graph(tmp_path / "model.onnx", SoundNet(MODEL, RATE, 3), items.numpy())
