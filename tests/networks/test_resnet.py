import copy

import pytest
import torch
from torch import nn

from reprise.networks.resnet import LAYERS, BasicBlock, Resnet

BLOCKS = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3)}


def torchvision_shapes(network: str) -> dict[str, tuple[int, ...]]:
    """The tensors of torchvision's resnet18 and resnet34 by name, as its documentation and source have them."""

    def norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
        parts = ("weight", "bias", "running_mean", "running_var")
        return {f"{name}.{part}": (width,) for part in parts} | {f"{name}.num_batches_tracked": ()}

    shapes = {"conv1.weight": (64, 3, 7, 7), **norm("bn1", 64)}
    before = 64
    for layer, (width, blocks) in enumerate(zip((64, 128, 256, 512), BLOCKS[network], strict=True), 1):
        for block in range(blocks):
            place = f"layer{layer}.{block}"
            shapes |= {f"{place}.conv1.weight": (width, before, 3, 3), **norm(f"{place}.bn1", width)}
            shapes |= {f"{place}.conv2.weight": (width, width, 3, 3), **norm(f"{place}.bn2", width)}
            if before != width:
                shapes[f"{place}.downsample.0.weight"] = (width, before, 1, 1)
                shapes |= norm(f"{place}.downsample.1", width)
            before = width
    return shapes | {"fc.weight": (1000, 512), "fc.bias": (1000,)}


@pytest.mark.parametrize(("network", "parameters"), [("resnet18", 11_689_512), ("resnet34", 21_797_672)])
def test_names_and_shapes_are_those_of_torchvision(network: str, parameters: int) -> None:
    with torch.device("meta"):
        made = Resnet(network, 1000)
    assert {name: tuple(tensor.shape) for name, tensor in made.state_dict().items()} == torchvision_shapes(network)
    assert sum(parameter.numel() for parameter in made.parameters()) == parameters


@pytest.mark.parametrize("size", [8, 33])
@pytest.mark.parametrize("stem", ["imagenet", "small"])
@pytest.mark.parametrize("channels", [1, 3])
def test_features_are_as_wide_as_their_layers(stem: str, channels: int, size: int) -> None:
    made = Resnet("resnet18", 5, width=4, channels=channels, stem=stem).eval()
    features = made.features(torch.rand(2, channels, size, size + 1))
    assert len(features) == len(LAYERS)
    assert [tuple(values.shape) for values in features] == [(2, 4), (2, 4), (2, 8), (2, 16), (2, 32)]
    assert made.head(features[-1]).shape == (2, 5)


@pytest.mark.parametrize(("stem", "sizes"), [("imagenet", [16, 16, 8, 4, 2]), ("small", [64, 64, 32, 16, 8])])
def test_the_stem_and_three_layers_halve(stem: str, sizes: list[int]) -> None:
    made = Resnet("resnet18", 5, width=4, stem=stem).eval()
    found = []
    for layer in (made.maxpool, made.layer1, made.layer2, made.layer3, made.layer4):
        layer.register_forward_hook(lambda _module, _given, values: found.append(values.shape[-1]))
    made.features(torch.rand(1, 3, 64, 64))
    assert found == sizes


def test_features_are_spatial_means_after_relu() -> None:
    made = Resnet("resnet18", 5, width=4).eval()
    last = []
    made.layer4.register_forward_hook(lambda _module, _given, values: last.append(values))
    features = made.features(torch.rand(2, 3, 64, 64))
    torch.testing.assert_close(features[-1], last[0].mean(dim=(2, 3)))
    assert all((values >= 0).all() for values in features)


def test_a_block_without_its_convolutions_is_its_shortcut() -> None:
    block = BasicBlock(4, 4, stride=1).eval()
    nn.init.zeros_(block.bn2.weight)
    values = torch.randn(2, 4, 6, 6)
    torch.testing.assert_close(block(values), torch.relu(values))


def test_first_weights_keep_the_variance_of_the_gradient() -> None:
    torch.manual_seed(0)
    made = Resnet("resnet18", 5, width=16)
    for module in made.modules():
        if isinstance(module, nn.Conv2d):
            fan_out = module.out_channels * module.kernel_size[0] * module.kernel_size[1]
            assert float(module.weight.detach().std()) == pytest.approx((2 / fan_out) ** 0.5, rel=0.1)


@pytest.mark.parametrize(("width", "stem"), [(4, "small"), (4, "imagenet"), (12, "small"), (16, "small")])
def test_gradients_are_those_of_double_precision_and_the_same_each_time(width: int, stem: str) -> None:
    torch.manual_seed(0)
    made = Resnet("resnet18", 2, width=width, stem=stem)
    pictures, labels = torch.rand(8, 8, 8, 3).movedim(-1, 1), torch.arange(8) % 2

    def gradients(network: Resnet, pictures: torch.Tensor) -> list[torch.Tensor]:
        network.zero_grad()
        nn.functional.cross_entropy(network.head(network.features(pictures)[-1]), labels).backward()
        return [parameter.grad.clone() for parameter in network.parameters()]

    exact = gradients(copy.deepcopy(made).double(), pictures.double())
    first = gradients(made, pictures)
    for found, expected in zip(first, exact, strict=True):
        assert float((found - expected).norm()) <= 1e-3 * float(expected.norm())
    for _ in range(3):
        assert all(torch.equal(found, before) for found, before in zip(gradients(made, pictures), first, strict=True))


def test_dropout_only_while_training() -> None:
    made = Resnet("resnet18", 5, width=4, dropout=0.5)
    features = torch.rand(1, 32)
    assert not torch.equal(made.train().head(features), made.head(features))
    assert torch.equal(made.eval().head(features), made.head(features))
