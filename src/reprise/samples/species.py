"""Synthesised calls of six imaginary species, recorded in sessions, as Parquet files of FLAC."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
from numpy.typing import NDArray

_Signal = NDArray[np.float64]

# Clips of each species, by session.
_SPLITS = {"train": (4,) * 12, "test": (4, 4, 3, 3)}

_SCHEMA = pa.schema(
    {
        "audio": pa.struct({"bytes": pa.binary(), "path": pa.string()}),
        "species": pa.string(),
        "session": pa.string(),
    }
)


@dataclass(frozen=True)
class _Voice:
    """One utterance: pitch in multiples of the animal's own, loudness, and the strength of each harmonic."""

    pitch: _Signal
    loudness: _Signal | float = 1.0
    harmonics: tuple[float, ...] = (1.0, 0.2)


# Each takes the seconds since the start of the utterance, and the share of it that has passed.


def _rising(rng: np.random.Generator, seconds: _Signal, share: _Signal) -> _Voice:
    return _Voice(rng.uniform(1.25, 2.2) ** (share - 0.5))


def _falling(rng: np.random.Generator, seconds: _Signal, share: _Signal) -> _Voice:
    return _Voice(rng.uniform(1.25, 2.2) ** (0.5 - share))


def _trill(rng: np.random.Generator, seconds: _Signal, share: _Signal) -> _Voice:
    beat = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(12, 24) * seconds)
    return _Voice(rng.uniform(0.8, 1.25) ** (share - 0.5), beat**2)


def _stack(rng: np.random.Generator, seconds: _Signal, share: _Signal) -> _Voice:
    strengths = rng.uniform(0.3, 1, 6)
    return _Voice(rng.uniform(0.3, 0.45) * rng.uniform(0.8, 1.25) ** (share - 0.5), 1.0, tuple(strengths.tolist()))


def _pulses(rng: np.random.Generator, seconds: _Signal, share: _Signal) -> _Voice:
    since = seconds % (1 / rng.uniform(5, 14))
    return _Voice(1 + 0.6 * np.exp(-150 * since), np.exp(-rng.uniform(40, 120) * since))


def _warble(rng: np.random.Generator, seconds: _Signal, share: _Signal) -> _Voice:
    return _Voice(1 + rng.uniform(0.05, 0.2) * np.sin(2 * np.pi * rng.uniform(5, 14) * seconds))


_SPECIES: dict[str, Callable[[np.random.Generator, _Signal, _Signal], _Voice]] = {
    "brook_warbler": _warble,
    "cave_hummer": _stack,
    "dune_whistler": _rising,
    "marsh_slider": _falling,
    "reed_triller": _trill,
    "stone_clicker": _pulses,
}


def _utter(rng: np.random.Generator, species: str, hertz: float, rate: int) -> _Signal:
    length = rng.uniform(0.25, 0.8)
    seconds = np.arange(int(length * rate)) / rate
    share = seconds / length
    voice = _SPECIES[species](rng, seconds, share)
    quaver = 1 + 0.02 * np.sin(2 * np.pi * (rng.uniform(2, 8) * seconds + rng.random()))
    phase = 2 * np.pi * np.cumsum(voice.pitch * quaver) * hertz / rate
    tone = sum(strength * np.sin(number * phase) for number, strength in enumerate(voice.harmonics, 1))
    return np.asarray(tone * voice.loudness * np.sin(np.pi * share) ** 0.4)


def _calls(rng: np.random.Generator, species: str, hertz: float, rate: int, count: int) -> _Signal:
    """Return `count` samples with one to three utterances, the first within the first third."""
    sound = np.zeros(count)
    start = int(rng.uniform(0, count / 3))
    for _ in range(rng.integers(1, 4)):
        call = _utter(rng, species, hertz * rng.uniform(0.95, 1.05), rate)[: count - start]
        sound[start : start + len(call)] += call
        start = min(start + len(call) + int(rng.uniform(0.05, 0.3) * rate), count)
    return np.asarray(sound / np.abs(sound).max())


def _noise(rng: np.random.Generator, count: int, colour: float) -> _Signal:
    """Return noise of deviation 1 whose power falls as frequency to the power of `colour`."""
    spectrum = np.fft.rfft(rng.normal(size=count))
    spectrum *= np.maximum(np.arange(len(spectrum)), count / 100) ** (-colour / 2)
    noise = np.fft.irfft(spectrum, count)
    return np.asarray(noise / noise.std())


def _echo(rng: np.random.Generator, sound: _Signal, decay: float, share: float, rate: int) -> _Signal:
    """Add a tail of echoes that fades within `decay` seconds."""
    count = len(sound)
    tail = rng.normal(size=count) * np.exp(-6.9 * np.arange(count) / (decay * rate))
    wet = np.fft.irfft(np.fft.rfft(sound, 2 * count) * np.fft.rfft(tail, 2 * count), 2 * count)[:count]
    return np.asarray((1 - share) * sound + share * wet / np.abs(wet).max())


@dataclass(frozen=True)
class _Session:
    """What the clips of one session share: the animal, the place and the recorder."""

    name: str
    species: str
    hertz: float
    colour: float
    noise: float
    decay: float
    echo: float
    gain: float


def _session(rng: np.random.Generator, number: int, species: str) -> _Session:
    return _Session(
        f"s{number:03}",
        species,
        hertz=float(np.exp(rng.uniform(np.log(1100), np.log(3200)))),
        colour=rng.uniform(0.5, 2.5),
        noise=rng.uniform(0.02, 0.2),
        decay=rng.uniform(0.1, 0.6),
        echo=rng.uniform(0, 0.4),
        gain=rng.uniform(0.005, 0.03),
    )


def _clip(rng: np.random.Generator, session: _Session) -> bytes:
    """Return one to two and a half seconds of FLAC; some at another rate, some of two channels."""
    rate = 22050 if rng.random() < 0.08 else 16000
    count = int(rng.integers(10, 26, 3).min()) * rate // 10
    sound = _calls(rng, session.species, session.hertz, rate, count)
    if rng.random() < 0.2:
        other = list(_SPECIES)[rng.integers(len(_SPECIES))]
        sound += rng.uniform(0.05, 0.2) * _calls(rng, other, rng.uniform(1100, 3200), rate, count)
    sound = _echo(rng, sound, session.decay, session.echo, rate)
    channels = 2 if rng.random() < 0.08 else 1
    noise = np.stack([_noise(rng, count, session.colour) for _ in range(channels)], axis=1)
    heard = session.gain * (sound[:, None] + session.noise * noise)
    buffer = io.BytesIO()
    samples = np.clip(np.rint(heard * 32767), -32768, 32767).astype(np.int16)
    soundfile.write(buffer, samples, rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def make(folder: Path) -> None:
    """Write `train.parquet` and `test.parquet` with 48 and 14 clips of each species in row groups of 32.

    Their columns are `audio` (`bytes` and `path`), `species` and `session`. No session is in both.
    """
    rng = np.random.default_rng(1697)
    number = 0
    for split, sizes in _SPLITS.items():
        rows = []
        for species in _SPECIES:
            for size in sizes:
                session = _session(rng, number := number + 1, species)
                for take in range(1, size + 1):
                    audio = {"bytes": _clip(rng, session), "path": f"{session.name}/{take}.flac"}
                    rows.append({"audio": audio, "species": species, "session": session.name})
        table = pa.Table.from_pylist([rows[place] for place in rng.permutation(len(rows))], _SCHEMA)
        # FLAC does not get smaller.
        pq.write_table(table, folder / f"{split}.parquet", row_group_size=32, compression="none")
