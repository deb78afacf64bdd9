"""Weights that were trained on ImageNet, as torchvision publishes them."""

import hashlib
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError

import torch
from torch import Tensor

from reprise.errors import ParamsError
from reprise.networks.pictures import PictureNet
from reprise.networks.videos import VideoNet

# IMAGENET1K_V1; the name of each file ends in the first eight digits of its SHA-256.
PUBLISHED = {
    "resnet18": "https://download.pytorch.org/models/resnet18-f37072fd.pth",
    "resnet34": "https://download.pytorch.org/models/resnet34-b627a593.pth",
}

# Of red, green and blue over the pictures that the weights were trained on.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)

_WHERE = "params.yaml: model.pretrained"


def load_imagenet(classifier: PictureNet | VideoNet, network: str) -> None:
    """Take the published weights of `network`, all but those of the last layer, and the normalisation they expect.

    The file is fetched where torch's hub does not have it yet. Raises `ParamsError` where that fails, or where
    the file is not the published one.
    """
    weights = _read(PUBLISHED[network])
    kept = {name: tensor for name, tensor in weights.items() if not name.startswith("fc.")}
    missing, unexpected = classifier.backbone.load_state_dict(kept, strict=False)
    # The first files were published before batch normalisation counted its batches.
    assert not unexpected
    assert all(name.startswith("fc.") or name.endswith(".num_batches_tracked") for name in missing)
    classifier.normaliser.set(MEAN, DEVIATION)


def _read(url: str) -> dict[str, Tensor]:
    path = Path(torch.hub.get_dir(), "checkpoints", url.rpartition("/")[2])
    digits = path.stem.rpartition("-")[2]
    if not path.exists():
        _fetch(url, path, digits)
    found = hashlib.sha256(path.read_bytes()).hexdigest()[: len(digits)]
    if found != digits:
        expected = f"{digits}; delete it to have it fetched anew, or set pretrained to false"
        raise ParamsError(_WHERE, f"the SHA-256 of {_short(path)} begins with {found}", expected)
    weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return weights


def _fetch(url: str, path: Path, digits: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.hub.download_url_to_file(url, str(path), hash_prefix=digits)
    except (URLError, HTTPException, ConnectionError, TimeoutError, RuntimeError) as error:
        reason = getattr(error, "reason", error)
        expected = f"a connection, {path.name} in {_short(path.parent)}, or false"
        raise ParamsError(_WHERE, f"true, but {url} cannot be fetched ({reason})", expected) from None


def _short(path: Path) -> str:
    return f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)
