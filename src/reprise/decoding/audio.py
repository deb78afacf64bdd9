"""Sounds as one channel of one sample rate and length."""

import math
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from reprise.decoding import sounds
from reprise.decoding.decoder import Decoded
from reprise.decoding.errors import DecodeError, TooLargeError, refusing
from reprise.decoding.truncation import check_whole

_FORMATS = ("WAV", "WAVEX", "FLAC", "OGG", "MP3", "AIFF")
_EXPECTED = "a whole WAV, FLAC, OGG, MP3 or AIFF sound"
_RATES = (100, 1_000_000)
# Frames that are read at once, so that many channels never lie in memory together.
_BLOCK = 65536
# Samples at the lower of the two rates that the filter of soxr reaches beyond the end, and some to spare.
_REACH = 256
# Of no sound, yet far from where sums become infinite.
_LARGEST = 2.0**31
# What soundfile gives for a length that the file does not tell.
_UNTOLD = 2**62


class _File(BytesIO):
    """A file in which to seek before the start is to seek to the start: the C code that does it cannot raise."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return super().seek(offset if whence else max(offset, 0), whence)


@dataclass(frozen=True)
class AudioDecoder:
    """Sounds as float32 [1, samples] in -1..1: the mean of the channels, `seconds` from the start.

    Another rate is resampled by soxr, a longer sound cut, a shorter one followed by zeros.
    """

    sample_rate: int
    seconds: float
    max_seconds: float = 3600.0

    dtype = "float32"
    features = sounds.FEATURES
    suffixes = frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff"})

    @property
    def shape(self) -> tuple[int, ...]:
        """Give the shape of one item."""
        return (round(self.sample_rate * self.seconds),)

    def decode(self, content: bytes) -> Decoded:
        """Turn the content of a file into one sound; no more of it is read than is needed.

        The features are those of `sounds`, of what was there before zeros were added. Raises `TooLargeError` where
        the header tells of more than `max_seconds`, and `DecodeError` at all that is no whole sound.
        """
        (length,) = self.shape
        with refusing(_EXPECTED):
            check_whole(content)
            with soundfile.SoundFile(_File(_with_lengths(content))) as file:
                self._check(file)
                samples = self._read(file)
            if file.samplerate != self.sample_rate:
                samples = soxr.resample(samples, file.samplerate, self.sample_rate, quality="HQ")
            samples = samples[:length].clip(-1, 1)
            if not samples.size:
                raise DecodeError("less than one sample", "a sound")
        item = np.zeros((1, length), np.float32)
        item[0, : samples.size] = samples
        return Decoded(item, sounds.measure(samples, self.sample_rate).astype(np.float32)[None])

    def _check(self, file: soundfile.SoundFile) -> None:
        if file.format not in _FORMATS:
            raise DecodeError(f"a sound of format {file.format}", _EXPECTED)
        if not _RATES[0] <= file.samplerate <= _RATES[1]:
            raise DecodeError(f"{file.samplerate} samples a second", f"from {_RATES[0]} to {_RATES[1]}")
        if file.frames == 0:
            raise DecodeError("no samples", "a sound")
        if file.frames >= _UNTOLD:
            raise DecodeError("a sound that does not tell its length", _EXPECTED)
        if file.frames > self.max_seconds * file.samplerate:
            raise TooLargeError(f"{file.frames / file.samplerate:.1f} seconds", f"at most {self.max_seconds:g}")
        if file.format == "FLAC":
            # Its frames tell their number: where the last is missing, this fails.
            file.seek(file.frames - 1)
            file.seek(0)

    def _read(self, file: soundfile.SoundFile) -> NDArray[np.float32]:
        """Read as much as is needed, as the mean of its channels: float32 [samples]."""
        spare = _REACH / min(file.samplerate, self.sample_rate)
        wanted = min(file.frames, math.ceil((self.shape[0] / self.sample_rate + spare) * file.samplerate))
        blocks = []
        while wanted > 0:
            block = file.read(min(wanted, _BLOCK), dtype="float32", always_2d=True)
            if len(block) == 0:
                # An MP3 may tell of some samples too many: a guess from its first frame.
                if file.format == "MP3":
                    break
                raise DecodeError(f"{wanted} samples less than told", _EXPECTED)
            if not (block.min() >= -_LARGEST and block.max() <= _LARGEST):
                raise DecodeError("a sample that is no finite number, or a huge one", "samples from -1 to 1")
            blocks.append(_mean(block))
            wanted -= len(block)
        return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


def _mean(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of the channels; channel by channel, which is much faster than along the rows."""
    total = block[:, 0].copy()
    for channel in range(1, block.shape[1]):
        total += block[:, channel]
    return total / np.float32(block.shape[1])


def _with_lengths(content: bytes) -> bytes:
    """Return the content, where it is a WAV from a stream, with lengths of 0, with the greatest lengths instead."""
    place = content.find(b"data" + bytes(4), 12, 128) + 4
    if not content.startswith(b"RIFF" + bytes(4)) or place < 16:
        return content
    return content[:4] + b"\xff" * 4 + content[8:place] + b"\xff" * 4 + content[place + 4 :]
