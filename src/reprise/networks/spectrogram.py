"""Mel spectrograms in decibels, as part of the network."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from reprise.blocks import AudioModel
from reprise.errors import ParamsError

# Power below this is silence: -100 dB.
_LEAST = 1e-10
_PER_DECADE = 10 / math.log(10)

# Slaney's scale of pitch: linear below 1000 Hz, 15 mels there, and logarithmic above, 27 mels for a factor of 6.4.
_HERTZ_A_MEL = 200 / 3
_BREAK = 1000.0
_LOG_STEP = math.log(6.4) / 27


class LogMel(nn.Module):
    """Mel spectrograms in decibels of power, no more than `top_db` below the loudest place of each item.

    The Fourier transform is a convolution, of which only the frequencies that some mel needs are computed. Its
    weights follow from the settings: they neither train nor are they saved.
    """

    waves: Tensor
    filters: Tensor

    def __init__(self, model: AudioModel, sample_rate: int) -> None:
        """Raise `ParamsError` where no frequency of the transform lies between f_min and f_max."""
        super().__init__()
        self.n_fft, self.hop, self.top_db = model.n_fft, model.hop, model.top_db
        filters = mel_filters(sample_rate, model.n_fft, model.n_mels, model.f_min, model.f_max)
        needed = np.flatnonzero(filters.any(axis=0))
        if not needed.size:
            found = f"{model.n_fft}: at {sample_rate} Hz no frequency lies between f_min and f_max"
            raise ParamsError("params.yaml: model.n_fft", found, "more samples, or f_min and f_max further apart")
        self.register_buffer("waves", _float32(_waves(needed, model.n_fft, model.hop)), persistent=False)
        self.register_buffer("filters", _float32(filters[:, needed, None]), persistent=False)

    def mels(self, items: Tensor) -> Tensor:
        """Return the power [N, n_mels, frames] of sounds [N, T]; frame f is centred on sample f * hop."""
        # On a GPU convolutions would otherwise round to ten bits.
        with torch.backends.cudnn.flags(
            enabled=True, deterministic=torch.backends.cudnn.deterministic, allow_tf32=False
        ):
            parts = nn.functional.conv1d(self._steps(items), self.waves)
            cosines, sines = parts.chunk(2, dim=1)
            return nn.functional.conv1d(cosines * cosines + sines * sines, self.filters)

    def _steps(self, items: Tensor) -> Tensor:
        """Return [N, hop, steps] of sounds between zeros.

        oneDNN turns a convolution of one channel into a product whose order of sums follows the caches of the
        processor; one of `hop` channels it computes as it stands.
        """
        samples, before = items.shape[1], self.n_fft // 2
        frames = 1 + (samples + 2 * before - self.n_fft) // self.hop
        steps = frames + self.waves.shape[2] - 1
        padded = nn.functional.pad(items, (before, steps * self.hop - before - samples))
        return padded.view(-1, steps, self.hop).transpose(1, 2)

    def forward(self, items: Tensor) -> Tensor:
        """Return decibels float32 [N, 1, n_mels, frames] of sounds float32 [N, T]."""
        # xlogy, since the bits of torch.log follow the processor.
        decibels = torch.xlogy(_PER_DECADE, self.mels(items).clamp(min=_LEAST))[:, None]
        return torch.maximum(decibels, decibels.amax(dim=(2, 3), keepdim=True) - self.top_db)


def mel_filters(sample_rate: int, n_fft: int, n_mels: int, f_min: float, f_max: float) -> NDArray[np.float64]:
    """Return the weight [n_mels, n_fft // 2 + 1] of each frequency of a Fourier transform in each mel.

    Triangles of equal area with corners equally far apart in mels: Slaney (1998), Auditory Toolbox, version 2,
    Interval Research Corporation, technical report 1998-010.
    """
    frequencies = np.arange(n_fft // 2 + 1) * (sample_rate / n_fft)
    lowest, highest = _mel(np.array([f_min, f_max])).tolist()
    corners = _hertz(np.linspace(lowest, highest, n_mels + 2))[:, None]
    low, centre, high = corners[:-2], corners[1:-1], corners[2:]
    triangles = np.minimum((frequencies - low) / (centre - low), (high - frequencies) / (high - centre))
    return np.asarray(np.maximum(triangles, 0) * 2 / (high - low))


def _mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    above = _BREAK / _HERTZ_A_MEL + np.log(np.maximum(hertz, _BREAK) / _BREAK) / _LOG_STEP
    return np.where(hertz < _BREAK, hertz / _HERTZ_A_MEL, above)


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above = _BREAK * np.exp(np.maximum(mel - _BREAK / _HERTZ_A_MEL, 0) * _LOG_STEP)
    return np.where(mel * _HERTZ_A_MEL < _BREAK, mel * _HERTZ_A_MEL, above)


def _waves(frequencies: NDArray[np.int64], n_fft: int, hop: int) -> NDArray[np.float64]:
    """Return the cosines, then the sines, of these frequencies under a periodic Hann window: [waves, hop, steps]."""
    samples = np.arange(n_fft)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * samples / n_fft)
    # Whole turns are taken away in whole numbers, where that is exact.
    angles = 2 * np.pi * (np.outer(frequencies, samples) % n_fft) / n_fft
    waves = np.concatenate([np.cos(angles), np.sin(angles)]) * window
    whole = np.pad(waves, ((0, 0), (0, -n_fft % hop)))
    return whole.reshape(len(waves), -1, hop).transpose(0, 2, 1)


def _float32(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))
