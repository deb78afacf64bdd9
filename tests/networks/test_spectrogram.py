import warnings

import numpy as np
import pytest
import torch

from reprise.blocks import AudioModel
from reprise.errors import ParamsError
from reprise.networks.spectrogram import LogMel, mel_filters

# Sample rate, then settings: of the whales, of music, of speech, of an odd length, and of a narrow band.
SETTINGS = [
    (32000, AudioModel()),
    (22050, AudioModel(n_mels=128, n_fft=2048, hop=512, f_min=0.0, f_max=11025.0)),
    (16000, AudioModel(n_mels=40, n_fft=400, hop=160, f_min=20.0, f_max=8000.0, top_db=60.0)),
    (8000, AudioModel(n_mels=20, n_fft=255, hop=300, f_min=0.0, f_max=4000.0, top_db=30.0)),
    (44100, AudioModel(n_mels=8, n_fft=512, hop=441, f_min=3000.0, f_max=9000.0, top_db=20.0)),
]


@pytest.fixture(scope="module")
def librosa():
    import numba

    with pytest.MonkeyPatch.context() as patch:
        # librosa cannot be imported where numba is told not to compile, as it is for the sake of shap.
        patch.setattr(numba.config, "DISABLE_JIT", 0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import librosa

            _ = librosa.feature.melspectrogram, librosa.power_to_db
        yield librosa


def sounds(samples: int = 12001) -> np.ndarray:
    """White noise, quiet brown noise before silence, and silence."""
    noise = np.random.default_rng(0).normal(size=(3, samples)).astype(np.float32)
    noise[0] *= 0.1
    noise[1] = np.cumsum(noise[1]) * 1e-4
    noise[1, samples // 2 :] = 0
    noise[2] = 0
    return noise


def by_librosa(librosa, items: np.ndarray, sample_rate: int, model: AudioModel) -> tuple[np.ndarray, np.ndarray]:
    """Mel spectrograms, then decibels."""
    power = librosa.feature.melspectrogram(
        y=items,
        sr=sample_rate,
        n_fft=model.n_fft,
        hop_length=model.hop,
        n_mels=model.n_mels,
        fmin=model.f_min,
        fmax=model.f_max,
        center=True,
        pad_mode="constant",
    )
    decibels = [librosa.power_to_db(item, ref=1.0, amin=1e-10, top_db=model.top_db) for item in power]
    return power, np.stack(decibels)


@pytest.mark.parametrize(("sample_rate", "model"), SETTINGS)
def test_equal_to_librosa(librosa, sample_rate: int, model: AudioModel) -> None:
    items = sounds()
    front = LogMel(model, sample_rate)
    power, decibels = by_librosa(librosa, items, sample_rate, model)
    np.testing.assert_allclose(front.mels(torch.from_numpy(items)).numpy(), power, rtol=1e-4, atol=1e-10)
    found = front(torch.from_numpy(items)).numpy()
    np.testing.assert_allclose(found[:, 0], decibels, rtol=0, atol=1e-3)
    assert found.dtype == np.float32


def test_beside_a_loud_tone_what_is_80_decibels_below_is_still_right(librosa) -> None:
    noise = sounds()[:1]
    tone = np.sin(2 * np.pi * 440 / 32000 * np.arange(noise.shape[1])).astype(np.float32)
    items = 0.9 * tone + 1e-3 * noise
    _, decibels = by_librosa(librosa, items, 32000, AudioModel())
    assert np.ptp(decibels) == pytest.approx(80)
    np.testing.assert_allclose(LogMel(AudioModel(), 32000)(torch.from_numpy(items))[0], decibels, rtol=0, atol=0.01)


@pytest.mark.parametrize(("sample_rate", "model"), SETTINGS)
def test_filters_are_those_of_librosa(librosa, sample_rate: int, model: AudioModel) -> None:
    found = mel_filters(sample_rate, model.n_fft, model.n_mels, model.f_min, model.f_max)
    expected = librosa.filters.mel(
        sr=sample_rate,
        n_fft=model.n_fft,
        n_mels=model.n_mels,
        fmin=model.f_min,
        fmax=model.f_max,
        dtype=np.float64,
    )
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)


def test_only_the_frequencies_that_a_mel_needs_are_computed() -> None:
    sample_rate, model = SETTINGS[-1]
    front = LogMel(model, sample_rate)
    spacing = sample_rate / model.n_fft
    between = [k for k in range(model.n_fft // 2 + 1) if model.f_min < k * spacing < model.f_max]
    assert front.waves.shape == (2 * len(between), model.hop, 2)


def test_weights_neither_train_nor_are_saved() -> None:
    front = LogMel(AudioModel(), 32000)
    assert not front.state_dict()
    assert not list(front.parameters())
    assert not front(torch.rand(1, 2000)).requires_grad


def test_the_loudest_place_is_that_of_each_item_alone() -> None:
    front = LogMel(AudioModel(top_db=30.0), 32000)
    items = torch.from_numpy(sounds())
    together = front(items)
    for place in range(len(items)):
        torch.testing.assert_close(together[place], front(items[place : place + 1])[0], atol=1e-4, rtol=0)
    reach = together.amax(dim=(1, 2, 3)) - together.amin(dim=(1, 2, 3))
    assert reach.tolist() == pytest.approx([float(reach[0]), 30, 0], abs=1e-4)


def test_a_sound_shorter_than_a_window_has_a_frame() -> None:
    assert LogMel(AudioModel(), 32000)(torch.rand(2, 100)).shape == (2, 1, 64, 1)


def test_no_frequency_in_the_band() -> None:
    expected = r"model\.n_fft: 64: at 32000 Hz no frequency lies between f_min and f_max; expected more samples"
    with pytest.raises(ParamsError, match=expected):
        LogMel(AudioModel(n_fft=64, f_min=100.0, f_max=400.0), 32000)
