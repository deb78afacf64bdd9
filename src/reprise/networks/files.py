"""Networks from their settings, and to and from safetensors: tensors without code, the same bytes each time."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from reprise.errors import ArtifactError
from reprise.networks.classifier import Classifier, Network, TorchNetwork
from reprise.networks.knn import Knn
from reprise.networks.mlp import Mlp
from reprise.networks.scaler import Scaler
from reprise.params import TabularModel


def classifier(model: TabularModel, shape: tuple[int, ...], classes: int) -> Classifier:
    """Make the untrained torch network for items of this shape."""
    return Mlp(shape[0], classes, model.hidden, model.dropout)


def write_network(path: Path, network: Network) -> None:
    """Write the network's tensors."""
    path.write_bytes(save(network.tensors()))


def read_network(path: Path, model: TabularModel, shape: tuple[int, ...], classes: int) -> Network:
    """Read a network; raise `ArtifactError` where the file is missing, damaged or made under other settings."""
    expected = "what train writes; run `dvc repro`"
    try:
        return _assemble(load(path.read_bytes()), model, shape, classes)
    except FileNotFoundError:
        raise ArtifactError(str(path), "no such file", expected) from None
    except SafetensorError:
        raise ArtifactError(str(path), "damaged", expected) from None
    except (KeyError, RuntimeError):
        raise ArtifactError(str(path), "tensors of another network", expected) from None


def _assemble(tensors: dict[str, Tensor], model: TabularModel, shape: tuple[int, ...], classes: int) -> Network:
    if model.network == "knn":
        scaler = Scaler(shape[0])
        scaler.load_state_dict({name: tensors[f"scaler.{name}"] for name in scaler.state_dict()})
        return Knn(scaler, tensors["items"], tensors["labels"], model)
    network = classifier(model, shape, classes)
    network.load_state_dict(tensors)
    network.requires_grad_(False)
    return TorchNetwork(network.to(torch.get_default_device()))
