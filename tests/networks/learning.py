"""What the tests of several networks share."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

from reprise.exporting.graph import INPUT, write_graph
from reprise.networks.classifier import TorchNetwork
from reprise.networks.prepared import PreparedClassifier

Case = tuple[Callable[[], PreparedClassifier], tuple[int, ...]]


def learn(net: PreparedClassifier, items: torch.Tensor, labels: torch.Tensor, steps: int) -> float:
    """Train for some steps on the first half of the items and return the accuracy on the second."""
    half = len(items) // 2
    net.fit_input(items[:half].numpy())
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(net.train()(items[:half]), labels[:half])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.inference_mode():
        return float((net.eval()(items[half:]).argmax(dim=1) == labels[half:]).float().mean())


def check_graph(path: Path, net: PreparedClassifier, items: np.ndarray) -> None:
    """Export the network and compare every output over batches of 1, 2 and 5 items."""
    torch.manual_seed(0)
    net.fit_input(items)
    # Batch statistics of its own, as after training.
    net.train()(torch.from_numpy(items))
    network = TorchNetwork(net)
    write_graph(path, network, items.shape[1:], items.dtype.name)
    with torch.inference_mode():
        expected = network.graph()(torch.from_numpy(items))
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    for batch in (1, 2, 5):
        found = session.run(None, {INPUT: items[:batch]})
        assert len(found) == len(expected)
        for here, there in zip(found, expected, strict=True):
            np.testing.assert_allclose(here, there[:batch], rtol=1e-4, atol=1e-5)
