"""One network of any kind, trained."""

from collections.abc import Sequence

import numpy as np
import torch

from reprise.blocks import ImageModel, Model, TabularModel, VideoModel
from reprise.datasets.store import Subset
from reprise.errors import ParamsError
from reprise.networks.classifier import Network, TorchNetwork
from reprise.networks.files import classifier
from reprise.networks.knn import Knn
from reprise.networks.pictures import PictureNet
from reprise.networks.scaler import Scaler
from reprise.networks.videos import VideoNet
from reprise.schema import Schema
from reprise.training.augment import augmentation
from reprise.training.checkpoint import Checkpoint
from reprise.training.distributed import World
from reprise.training.fit import ALONE, fit
from reprise.training.pretrained import load_imagenet
from reprise.training.settings import Settings
from reprise.training.watchers import Epoch, Watcher


def train_network(
    model: Model,
    schema: Schema,
    settings: Settings,
    train: Subset,
    val: Subset,
    watchers: Sequence[Watcher] = (),
    checkpoint: Checkpoint | None = None,
    world: World = ALONE,
) -> Network:
    """Train the network that `model` names on `train`, choosing by `val`, with the other processes of `world`."""
    if isinstance(model, TabularModel) and model.network == "knn":
        knn = _fit_knn(model, schema, train)
        epoch = _only_epoch(knn, train, val)
        for watcher in watchers:
            watcher.epoch(epoch)
            watcher.end(epoch)
        return knn
    torch.manual_seed(settings.seed)
    network = classifier(model, schema)
    network.fit_input(train.items)
    if isinstance(model, ImageModel | VideoModel) and model.pretrained:
        assert isinstance(network, PictureNet | VideoNet)
        load_imagenet(network, model.network)
    if settings.augment:
        network.augmentation = augmentation(settings.augment)
    fit(network, train, val, settings, watchers, checkpoint, world)
    network.augmentation = None
    return TorchNetwork(network)


def _fit_knn(model: TabularModel, schema: Schema, train: Subset) -> Network:
    if model.n_neighbors > len(train):
        where, found = "params.yaml: model.n_neighbors", str(model.n_neighbors)
        raise ParamsError(where, found, f"at most {len(train)}, the number of training examples")
    scaler = Scaler(schema.shape[0])
    rows = np.asarray(train.items)
    scaler.fit(rows)
    with torch.inference_mode():
        items = scaler(torch.from_numpy(rows)).contiguous()
    return Knn(scaler, items, torch.from_numpy(train.labels), model)


def _only_epoch(network: Network, train: Subset, val: Subset) -> Epoch:
    train_loss, _ = _measure(network, train)
    val_loss, val_accuracy = _measure(network, val)
    return Epoch(1, 0.0, train_loss, val_loss, val_accuracy)


def _measure(network: Network, subset: Subset) -> tuple[float, float]:
    """Return the mean cross-entropy and the accuracy."""
    probabilities = network.probabilities(subset.items).astype(np.float64)
    right = probabilities[np.arange(len(subset)), subset.labels]
    loss = -np.log(np.clip(right, np.finfo(np.float64).eps, 1)).mean()
    return float(loss), float((probabilities.argmax(axis=1) == subset.labels).mean())
