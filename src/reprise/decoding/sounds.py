"""The features of sounds that drift is measured by."""

import math

import numpy as np
from numpy.typing import NDArray

FEATURES = ("loudness", "zero_crossings", "centroid", "bandwidth", "silence", "peak")

# Samples of a frame, and how many frames the spectrum is taken of.
_FRAME = 1024
_SPECTRA = 64
_FLOOR = -100.0
_SILENT = 1e-6  # the mean square at -60 dBFS


def measure(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """Measure the `FEATURES` of float32 [samples] in -1..1, of which there is at least one.

    Loudness is the root mean square in dBFS, at least -100; zero_crossings the share of samples whose sign is not that
    of the sample before; centroid and bandwidth are mean and standard deviation in Hz of the power spectrum, 0 where
    there is none; silence is the share of frames of 1,024 samples below -60 dBFS; peak the largest magnitude.
    """
    frames = _frames(samples)
    powers = np.square(frames).sum(axis=1, dtype=np.float64)
    lengths = np.full(len(frames), _FRAME)
    lengths[-1] = samples.size - _FRAME * (len(frames) - 1)
    mean_square = float(powers.sum()) / samples.size
    signs = np.signbit(samples)
    crossings = np.count_nonzero(signs[1:] != signs[:-1]) / samples.size
    centroid, bandwidth = _spectrum(frames, sample_rate)
    return np.array(
        [
            max(_FLOOR, 10 * math.log10(max(mean_square, 1e-30))),
            crossings,
            centroid,
            bandwidth,
            np.mean(powers < _SILENT * lengths),
            max(samples.max(), -samples.min()),
        ]
    )


def _frames(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    count = -(-samples.size // _FRAME)
    if samples.size == count * _FRAME:
        return samples.reshape(count, _FRAME)
    padded = np.zeros(count * _FRAME, np.float32)
    padded[: samples.size] = samples
    return padded.reshape(count, _FRAME)


def _spectrum(frames: NDArray[np.float32], sample_rate: int) -> tuple[float, float]:
    """Return centroid and bandwidth over frames spread evenly."""
    chosen = frames[np.arange(min(len(frames), _SPECTRA)) * len(frames) // min(len(frames), _SPECTRA)]
    # Welch's window: unlike cosines, squares are the same bits on every processor.
    place = (np.arange(_FRAME, dtype=np.float32) + 0.5) / (_FRAME / 2) - 1
    spectra = np.fft.rfft(chosen * (1 - place * place), axis=1)
    power = (np.square(spectra.real) + np.square(spectra.imag)).sum(axis=0, dtype=np.float64)
    total = float(power.sum())
    if total == 0:
        return 0.0, 0.0
    hertz = np.arange(power.size) * (sample_rate / _FRAME)
    centroid = float((hertz * power).sum()) / total
    return centroid, math.sqrt(float((np.square(hertz - centroid) * power).sum()) / total)
