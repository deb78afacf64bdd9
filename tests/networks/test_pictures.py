from pathlib import Path

import numpy as np
import pytest
import torch

from reprise.blocks import ImageModel
from reprise.networks.pictures import PictureMlp, PictureNet
from reprise.networks.resnet import LAYERS

from .learning import Case, check_graph, learn

SMALL = ImageModel(width=8, stem="small")
MLP = ImageModel(network="mlp", hidden=(16, 12))


def stripes(items: int, size: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise over stripes that lie (0) or stand (1), uint8."""
    generator = torch.Generator().manual_seed(0)
    lying = (torch.arange(size) // 2 % 2 * 60.0).view(1, size, 1, 1).expand(items, size, size, 3)
    labels = torch.arange(items) % 2
    pictures = torch.where(labels.view(-1, 1, 1, 1) == 1, lying.transpose(1, 2), lying)
    noise = 120 * torch.rand(pictures.shape, generator=generator)
    return (pictures + noise).to(torch.uint8), labels


def test_the_layers_of_a_resnet() -> None:
    net = PictureNet(SMALL, 3).eval()
    items, _ = stripes(4)
    *features, logits = net.activations(items)
    assert net.layers == LAYERS
    assert [tuple(values.shape) for values in features] == [(4, 8), (4, 8), (4, 16), (4, 32), (4, 64)]
    assert logits.shape == (4, 3)
    torch.testing.assert_close(net(items), logits)
    assert net.mixed_precision


def test_names_of_torchvision_after_backbone() -> None:
    names = PictureNet(SMALL, 3).state_dict()
    assert {"backbone.conv1.weight", "backbone.layer2.0.downsample.1.running_var", "backbone.fc.bias"} <= names.keys()
    others = [name for name in names if not name.startswith("backbone.")]
    assert others == ["normaliser.mean", "normaliser.deviation"]


def test_the_layers_of_an_mlp() -> None:
    net = PictureMlp(MLP, (12, 12, 3), 3).eval()
    items, _ = stripes(4)
    assert net.layers == ("hidden1", "hidden2")
    assert [tuple(values.shape) for values in net.activations(items)] == [(4, 16), (4, 12), (4, 3)]
    assert not net.mixed_precision


@pytest.mark.parametrize("make", [lambda: PictureNet(SMALL, 2), lambda: PictureMlp(MLP, (12, 12, 3), 2)])
def test_it_learns_which_way_stripes_lie(make) -> None:
    torch.manual_seed(0)
    items, labels = stripes(48)
    assert learn(make(), items, labels, steps=40) > 0.9


CASES: list[Case] = [
    (lambda: PictureNet(ImageModel(width=4), 3), (40, 33, 3)),
    (lambda: PictureNet(ImageModel(network="resnet34", width=4, stem="small"), 3), (8, 8, 3)),
    (lambda: PictureMlp(MLP, (9, 8, 3), 3), (9, 8, 3)),
]


@pytest.mark.long
@pytest.mark.parametrize(("make", "shape"), CASES, ids=["resnet18", "resnet34", "mlp"])
def test_the_graph_answers_as_the_network(tmp_path: Path, make, shape: tuple[int, ...]) -> None:
    items = np.random.default_rng(0).integers(0, 256, (5, *shape), dtype=np.uint8)
    check_graph(tmp_path / "model.onnx", make(), items)
