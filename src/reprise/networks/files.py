"""Networks from their settings, and to and from safetensors: tensors without code, the same bytes each time."""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from reprise.blocks import AudioModel, Model, TabularModel, VideoModel
from reprise.errors import ArtifactError
from reprise.networks.classifier import Classifier, Network, TorchNetwork
from reprise.networks.knn import Knn
from reprise.networks.mlp import Mlp
from reprise.networks.pictures import PictureMlp, PictureNet
from reprise.networks.scaler import Scaler
from reprise.networks.sounds import SoundNet
from reprise.networks.videos import VideoNet
from reprise.schema import Schema

_CPU = torch.device("cpu")


def classifier(model: Model, schema: Schema) -> Classifier:
    """Make the untrained torch network for the items and classes of `schema`."""
    classes = len(schema.classes)
    if isinstance(model, TabularModel):
        return Mlp(schema.shape[0], classes, model.hidden, model.dropout)
    if isinstance(model, AudioModel):
        assert schema.sample_rate is not None
        return SoundNet(model, schema.sample_rate, classes)
    if isinstance(model, VideoModel):
        return VideoNet(model, classes)
    return PictureMlp(model, schema.shape, classes) if model.network == "mlp" else PictureNet(model, classes)


def write_network(path: Path, network: Network) -> None:
    """Write the network's tensors."""
    path.write_bytes(save(network.tensors()))


def read_network(path: Path, model: Model, schema: Schema, device: torch.device = _CPU) -> Network:
    """Read a network; raise `ArtifactError` where the file is missing, damaged or made under other settings."""
    expected = "what train writes; run `dvc repro`"
    try:
        return _assemble(load(path.read_bytes()), model, schema, device)
    except FileNotFoundError:
        raise ArtifactError(str(path), "no such file", expected) from None
    except SafetensorError:
        raise ArtifactError(str(path), "damaged", expected) from None
    except (KeyError, RuntimeError):
        raise ArtifactError(str(path), "tensors of another network", expected) from None


def read_networks(
    folder: Path, seeds: Sequence[int], model: Model, schema: Schema, device: torch.device
) -> dict[int, Network]:
    """Read the network of each seed, in their order."""
    return {seed: read_network(folder / f"{seed}.safetensors", model, schema, device) for seed in seeds}


def _assemble(tensors: dict[str, Tensor], model: Model, schema: Schema, device: torch.device) -> Network:
    if isinstance(model, TabularModel) and model.network == "knn":
        scaler = Scaler(schema.shape[0])
        scaler.load_state_dict({name: tensors[f"scaler.{name}"] for name in scaler.state_dict()})
        return Knn(scaler, tensors["items"], tensors["labels"], model)
    network = classifier(model, schema)
    network.load_state_dict(tensors)
    network.requires_grad_(False)
    return TorchNetwork(network.to(device))
