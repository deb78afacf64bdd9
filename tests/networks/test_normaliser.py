import torch

from reprise.networks.normaliser import Normaliser

VALUES = 1e3 + torch.randn(50, 3, 4, 5, generator=torch.Generator().manual_seed(0))


def test_mean_0_and_deviation_1_over_all_batches() -> None:
    normaliser = Normaliser(3)
    normaliser.fit(VALUES.split(7))
    found = normaliser(VALUES)
    torch.testing.assert_close(found.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-3, rtol=0)
    torch.testing.assert_close(found.std(dim=(0, 2, 3), correction=0), torch.ones(3), atol=1e-3, rtol=0)


def test_batches_of_any_size_measure_the_same() -> None:
    whole, parts = Normaliser(3), Normaliser(3)
    whole.fit([VALUES])
    parts.fit(VALUES.split([1, 30, 19]))
    torch.testing.assert_close(parts.mean, whole.mean, atol=0, rtol=1e-7)
    torch.testing.assert_close(parts.deviation, whole.deviation, atol=0, rtol=1e-7)


def test_a_constant_channel_keeps_deviation_1() -> None:
    values = VALUES.clone()
    values[:, 1] = 0.1
    normaliser = Normaliser(3)
    normaliser.fit(values.split(7))
    assert normaliser.deviation[1] == 1
    assert (normaliser(values)[:, 1] == 0).all()


def test_clips_are_normalised_by_colour() -> None:
    normaliser = Normaliser(3)
    normaliser.set((1.0, 2.0, 3.0), (1.0, 2.0, 4.0))
    found = normaliser(torch.full((2, 5, 3, 4, 4), 5.0))
    assert found[1, 3, :, 2, 2].tolist() == [4, 1.5, 0.5]
