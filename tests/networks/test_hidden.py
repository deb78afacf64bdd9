import torch

from reprise.networks.hidden import HiddenLayers


def test_shapes_and_names() -> None:
    stack = HiddenLayers(4, 3, (8, 5), dropout=0.5)
    assert stack.names == ("hidden1", "hidden2")
    assert [tuple(part.shape) for part in stack(torch.randn(7, 4))] == [(7, 8), (7, 5), (7, 3)]


def test_dropout_lies_between_the_layers_while_training() -> None:
    stack = HiddenLayers(4, 3, (100,), dropout=0.5)
    items = torch.randn(1, 4)
    (first, one), (second, other) = stack(items), stack(items)
    assert torch.equal(first, second)
    assert not torch.equal(one, other)
    stack.eval()
    assert torch.equal(stack(items)[1], stack(items)[1])
