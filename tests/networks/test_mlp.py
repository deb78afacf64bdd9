import torch

from reprise.networks.classifier import TorchNetwork
from reprise.networks.mlp import Mlp


def test_shapes_and_names() -> None:
    mlp = Mlp(4, 3, (8, 5), dropout=0.5).eval()
    items = torch.randn(7, 4)
    assert mlp.layers == ("hidden1", "hidden2")
    assert [tuple(part.shape) for part in mlp.activations(items)] == [(7, 8), (7, 5), (7, 3)]
    torch.testing.assert_close(mlp(items), mlp.activations(items)[-1])


def test_without_hidden_layers_it_is_logistic_regression() -> None:
    mlp = Mlp(4, 3, (), dropout=0)
    assert mlp.layers == ()
    assert mlp(torch.zeros(2, 4)).shape == (2, 3)


def test_probabilities_are_those_of_the_graph_whatever_the_batch() -> None:
    network = TorchNetwork(Mlp(4, 3, (8,), dropout=0.5))
    items = torch.randn(300, 4)
    items[0, 0] = float("nan")
    found = network.probabilities(items.numpy())
    expected, hidden = network.graph().eval()(items)
    torch.testing.assert_close(torch.from_numpy(found), expected, atol=1e-6, rtol=0)
    assert hidden.shape == (300, 8)
    torch.testing.assert_close(expected.sum(1), torch.ones(300))
