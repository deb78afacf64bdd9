from pathlib import Path

import numpy as np
import pytest
import torch

from reprise.blocks import TabularModel
from reprise.errors import ArtifactError
from reprise.networks.classifier import Network, TorchNetwork
from reprise.networks.files import classifier, read_network, write_network
from reprise.networks.knn import Knn
from reprise.networks.scaler import Scaler
from reprise.schema import Schema

SCHEMA = Schema(
    modality="tabular", shape=(4,), dtype="float32", classes=("a", "b", "c"), features=tuple("wxyz"), sha256="1"
)
ITEMS = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)


def make(name: str) -> tuple[TabularModel, Network]:
    model = TabularModel.model_validate({"network": name})
    if name == "mlp":
        return model, TorchNetwork(classifier(model, SCHEMA))
    return model, Knn(Scaler(4), torch.from_numpy(ITEMS), torch.arange(20) % 3, model)


@pytest.mark.parametrize("name", ["mlp", "knn"])
def test_round_trip(tmp_path: Path, name: str) -> None:
    model, network = make(name)
    write_network(tmp_path / "a", network)
    again = read_network(tmp_path / "a", model, SCHEMA)
    np.testing.assert_array_equal(network.probabilities(ITEMS), again.probabilities(ITEMS))
    write_network(tmp_path / "b", again)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("name", ["mlp", "knn"])
def test_missing_damaged_and_foreign(tmp_path: Path, name: str) -> None:
    model, network = make(name)
    path = tmp_path / "a"
    with pytest.raises(ArtifactError, match="no such file; expected what train writes"):
        read_network(path, model, SCHEMA)
    write_network(path, network)
    content = path.read_bytes()
    for damaged in (b"", content[:5], content[:-3], b"x" * 100):
        path.write_bytes(damaged)
        with pytest.raises(ArtifactError, match="damaged"):
            read_network(path, model, SCHEMA)
    path.write_bytes(content)
    other = model.model_copy(update={"network": "mlp", "hidden": (7,)})
    with pytest.raises(ArtifactError, match="tensors of another network"):
        read_network(path, other, SCHEMA)
