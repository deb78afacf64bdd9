import torch

from reprise.networks.pixels import Pixels


def test_bytes_become_numbers_with_the_colours_first() -> None:
    picture = torch.zeros(1, 2, 3, 3, dtype=torch.uint8)
    picture[0, 1, 2] = torch.tensor([255, 51, 0], dtype=torch.uint8)
    found = Pixels()(picture)
    assert found.shape == (1, 3, 2, 3)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found[0, :, 1, 2], torch.tensor([1, 0.2, 0]))
    assert found.sum() == found[0, :, 1, 2].sum()


def test_the_frames_of_a_clip_stay_in_order() -> None:
    clips = torch.arange(5, dtype=torch.uint8)[None, :, None, None, None].expand(2, 5, 4, 4, 3)
    found = Pixels()(clips)
    assert found.shape == (2, 5, 3, 4, 4)
    torch.testing.assert_close(found[0, :, 1, 2, 3], torch.arange(5) / 255)
