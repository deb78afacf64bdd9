from pathlib import Path

import numpy as np
import pytest
import torch

from reprise.blocks import ImageModel, VideoModel
from reprise.networks.pictures import PictureNet
from reprise.networks.videos import VideoNet

from .learning import check_graph, learn

SMALL = VideoModel(width=4, stem="small")
CLIPS = np.random.default_rng(0).integers(0, 256, (5, 3, 10, 12, 3), dtype=np.uint8)


def test_features_are_averaged_over_the_frames_of_each_clip() -> None:
    net = VideoNet(SMALL, 3).eval()
    picture_net = PictureNet(ImageModel(width=4, stem="small"), 3).eval()
    picture_net.load_state_dict(net.state_dict())
    items = torch.from_numpy(CLIPS)
    *features, logits = net.activations(items)
    frames = [picture_net.activations(items[:, place])[:-1] for place in range(3)]
    for place, values in enumerate(features):
        torch.testing.assert_close(values, sum(frame[place] for frame in frames) / 3)
    torch.testing.assert_close(logits, picture_net.backbone.fc(features[-1]))
    assert net.mixed_precision


def test_the_order_and_the_number_of_frames_are_free() -> None:
    net = VideoNet(SMALL, 3).eval()
    items = torch.from_numpy(CLIPS)
    torch.testing.assert_close(net(items.flip(1)), net(items))
    assert net(items[:, :1]).shape == (5, 3)


def test_it_learns_what_only_some_frames_show() -> None:
    torch.manual_seed(1)
    labels = torch.arange(64) % 2
    clips = torch.zeros(64, 3, 8, 8, 3, dtype=torch.uint8)
    clips[..., 0] = torch.randint(0, 50, (64, 3, 8, 8))
    clips[labels == 1, 1, 2:6, 2:6, 0] += 200
    torch.manual_seed(0)
    assert learn(VideoNet(SMALL, 2), clips, labels, steps=15) > 0.9


@pytest.mark.long
def test_the_graph_answers_as_the_network(tmp_path: Path) -> None:
    check_graph(tmp_path / "model.onnx", VideoNet(VideoModel(width=4), 3), CLIPS)
