import numpy as np
import torch

from reprise.networks.scaler import Scaler


def test_training_rows_come_out_with_mean_0_and_deviation_1() -> None:
    items = np.random.default_rng(0).normal(1e4, 3, (500, 2)).astype(np.float32)
    scaler = Scaler(2)
    scaler.fit(items)
    scaled = scaler(torch.from_numpy(items))
    torch.testing.assert_close(scaled.mean(0), torch.zeros(2), atol=1e-3, rtol=0)
    torch.testing.assert_close(scaled.std(0, correction=0), torch.ones(2), atol=1e-3, rtol=0)


def test_missing_constant_and_empty_columns() -> None:
    nan = np.nan
    scaler = Scaler(3)
    scaler.fit(np.array([[1, 5, nan], [nan, 5, nan], [3, 5, nan], [8, 5, nan]], np.float32))
    assert scaler.median.tolist() == [3, 5, 0]
    assert scaler.scale.tolist()[1:] == [1, 1]
    scaled = scaler(torch.tensor([[nan, nan, nan], [3.0, 5.0, 0.0]]))
    assert not scaled.isnan().any()
    torch.testing.assert_close(scaled[0], scaled[1])
