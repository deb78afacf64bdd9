import hashlib
import urllib.request
from pathlib import Path

import pytest
import torch
from platforms import slashes

from reprise.blocks import ImageModel, VideoModel
from reprise.errors import ParamsError
from reprise.networks.pictures import PictureNet
from reprise.networks.resnet import Resnet
from reprise.networks.videos import VideoNet
from reprise.training import pretrained
from reprise.training.pretrained import DEVIATION, MEAN, PUBLISHED, load_imagenet

# As published, but narrow.
PICTURES = ImageModel(width=4)


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of torch's hub, and no connection."""

    def refuse(*_: object) -> None:
        raise urllib.request.URLError("no network in tests")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr("torch.hub.urlopen", refuse)
    return tmp_path / "torch/hub/checkpoints"


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of made weights for 1000 classes, which stands for the published one."""
    torch.manual_seed(1)
    weights = Resnet("resnet18", 1000, width=4).state_dict()
    for name, tensor in weights.items():
        if tensor.is_floating_point():
            weights[name] = torch.rand(tensor.shape)
    made = tmp_path / "made.pth"
    torch.save(weights, made)
    path = made.rename(tmp_path / f"resnet18-{hashlib.sha256(made.read_bytes()).hexdigest()[:8]}.pth")
    monkeypatch.setitem(PUBLISHED, "resnet18", path.as_uri())
    return path


def test_the_published_files_are_those_of_torchvision() -> None:
    assert [url.rpartition("/")[2] for url in PUBLISHED.values()] == ["resnet18-f37072fd.pth", "resnet34-b627a593.pth"]


@pytest.mark.parametrize("make", [lambda: PictureNet(PICTURES, 3), lambda: VideoNet(VideoModel(width=4), 3)])
def test_all_but_the_last_layer_is_loaded(hub: Path, published: Path, make) -> None:
    hub.mkdir(parents=True)
    (hub / published.name).write_bytes(published.read_bytes())
    classifier = make()
    last = classifier.backbone.fc.weight.detach().clone()
    load_imagenet(classifier, "resnet18")
    weights = torch.load(published)
    for name, tensor in classifier.backbone.state_dict().items():
        if not name.startswith("fc."):
            assert torch.equal(tensor, weights[name]), name
    assert torch.equal(classifier.backbone.fc.weight, last)
    assert classifier.normaliser.mean.flatten().tolist() == pytest.approx(MEAN)
    assert classifier.normaliser.deviation.flatten().tolist() == pytest.approx(DEVIATION)


def test_a_file_from_before_batches_were_counted(published: Path, hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = {name: part for name, part in torch.load(published).items() if not name.endswith("num_batches_tracked")}
    hub.mkdir(parents=True)
    torch.save(weights, hub / "old.pth")
    digits = hashlib.sha256((hub / "old.pth").read_bytes()).hexdigest()[:8]
    (hub / "old.pth").rename(hub / f"old-{digits}.pth")
    monkeypatch.setitem(PUBLISHED, "resnet18", f"https://example.com/old-{digits}.pth")
    classifier = PictureNet(PICTURES, 3)
    load_imagenet(classifier, "resnet18")
    assert torch.equal(classifier.backbone.bn1.bias, weights["bn1.bias"])


def test_a_missing_file_is_fetched_once(hub: Path, published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.hub.urlopen", urllib.request.urlopen)
    first, second = PictureNet(PICTURES, 3), PictureNet(PICTURES, 3)
    load_imagenet(first, "resnet18")
    assert (hub / published.name).read_bytes() == published.read_bytes()
    published.unlink()
    load_imagenet(second, "resnet18")
    assert torch.equal(first.backbone.conv1.weight, second.backbone.conv1.weight)


def test_no_connection(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: hub.parents[2])
    with pytest.raises(ParamsError) as caught:
        load_imagenet(PictureNet(PICTURES, 3), "resnet18")
    assert slashes(str(caught.value)) == (
        "params.yaml: model.pretrained: true, but https://download.pytorch.org/models/resnet18-f37072fd.pth "
        "cannot be fetched (no network in tests); "
        "expected a connection, resnet18-f37072fd.pth in ~/torch/hub/checkpoints, or false"
    )
    assert not list(hub.iterdir())


def test_what_was_fetched_is_something_else(hub: Path, published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.hub.urlopen", urllib.request.urlopen)
    published.write_bytes(b"<html>log in first</html>")
    with pytest.raises(ParamsError, match=r"true, but file:.* cannot be fetched \(invalid hash value"):
        load_imagenet(PictureNet(PICTURES, 3), "resnet18")
    assert not list(hub.iterdir())


def test_a_file_put_there_that_is_something_else(hub: Path) -> None:
    hub.mkdir(parents=True)
    (hub / "resnet34-b627a593.pth").write_bytes(b"half of it")
    with pytest.raises(ParamsError, match=r"the SHA-256 of .*resnet34-b627a593\.pth begins with [0-9a-f]{8}"):
        load_imagenet(PictureNet(PICTURES, 3), "resnet34")


def test_the_folder_is_named_in_full_outside_home(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/nowhere"))
    assert pretrained._short(hub) == str(hub)
