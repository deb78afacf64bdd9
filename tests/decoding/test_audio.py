import struct
from io import BytesIO

import numpy as np
import pytest
import soundfile
import soxr

from reprise.decoding.audio import AudioDecoder
from reprise.decoding.errors import DecodeError, TooLargeError

from .damage import NOTHING_KNOWN, cut_short, damaged

RATE = 8000
DECODER = AudioDecoder(RATE, 1.0)


def write(samples: np.ndarray, rate: int = RATE, name: str = "WAV", subtype: str | None = None) -> bytes:
    """Write samples, [samples] or [samples, channels]."""
    file = BytesIO()
    soundfile.write(file, samples, rate, format=name, subtype=subtype)
    return file.getvalue()


def tone(seconds: float = 1.0, rate: int = RATE, hertz: float = 440.0, loud: float = 0.5) -> np.ndarray:
    return (loud * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def noise(seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.5, 0.5, round(seconds * rate)).astype(np.float32)


def decode(content: bytes, decoder: AudioDecoder = DECODER) -> np.ndarray:
    decoded = decoder.decode(content)
    assert decoded.items.shape == (1, *decoder.shape)
    assert decoded.items.dtype == decoder.dtype
    assert decoded.features.shape == (1, len(decoder.features))
    assert decoded.features.dtype == np.float32
    assert np.isfinite(decoded.features).all()
    assert (np.abs(decoded.items) <= 1).all()
    return decoded.items[0]


FILES = {
    "wav": write(tone()),
    "float wav": write(tone(), subtype="FLOAT"),
    "24 bit wav": write(tone(), subtype="PCM_24"),
    "8 bit wav": write(tone(), subtype="PCM_U8"),
    "u-law wav": write(tone(), subtype="ULAW"),
    "adpcm wav": write(tone(), subtype="MS_ADPCM"),
    "extensible wav": write(tone(), name="WAVEX"),
    "flac": write(tone(), name="FLAC"),
    "vorbis": write(tone(), name="OGG", subtype="VORBIS"),
    "opus": write(tone(), name="OGG", subtype="OPUS"),
    "mp3": write(tone(), name="MP3"),
    "aiff": write(tone(), name="AIFF"),
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_sound(name: str) -> None:
    assert np.abs(decode(FILES[name]) - tone()).max() < 0.1


def test_samples_are_taken_as_they_are() -> None:
    values = np.random.default_rng(0).integers(-32768, 32768, RATE, dtype=np.int16)
    assert (decode(write(values)) == values / np.float32(32768)).all()


@pytest.mark.parametrize("channels", [2, 3, 8])
def test_channels_are_averaged(channels: int) -> None:
    sound = np.stack([noise() * (channel + 1) / channels for channel in range(channels)], axis=1)
    assert np.allclose(decode(write(sound, subtype="FLOAT")), sound.mean(axis=1), atol=1e-6)


def test_a_long_sound_is_cut_and_a_short_one_padded() -> None:
    assert (decode(write(noise(2.0), subtype="FLOAT")) == noise(2.0)[:RATE]).all()
    short = decode(write(noise(0.25), subtype="FLOAT"))
    assert (short[: RATE // 4] == noise(0.25)).all()
    assert (short[RATE // 4 :] == 0).all()


@pytest.mark.parametrize("seconds", [0.01, 0.3333, 11.68])
def test_the_length_is_rounded(seconds: float) -> None:
    assert decode(FILES["wav"], AudioDecoder(32000, seconds)).shape == (round(32000 * seconds),)


@pytest.mark.parametrize("rate", [100, 1000, 7999, 8001, 11025, 22050, 44100, 48000, 96000, 1_000_000])
@pytest.mark.parametrize("seconds", [0.5, 3.0])
def test_another_rate_is_resampled(rate: int, seconds: float) -> None:
    sound = noise(seconds, rate)
    expected = soxr.resample(sound, rate, RATE)[:RATE]
    found = decode(write(sound, rate, subtype="FLOAT"))
    # A long sound is resampled up to a little behind the cut only.
    assert np.allclose(found[: len(expected)], expected, atol=2e-5)
    assert (found[len(expected) :] == 0).all()


@pytest.mark.parametrize("rate", [RATE, 3 * RATE])
def test_what_follows_the_cut_is_not_read(rate: int) -> None:
    sound = noise(3.0, rate)
    sound[2 * rate :] = np.nan
    assert np.isfinite(decode(write(sound, rate, subtype="FLOAT"))).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("place", [0, 4000, 7999])
def test_a_sample_that_is_no_number_is_refused(value: float, place: int) -> None:
    sound = noise()
    sound[place] = value
    with pytest.raises(DecodeError, match="no finite number"):
        decode(write(sound, subtype="FLOAT"))


@pytest.mark.parametrize("rate", [RATE, 2 * RATE])
def test_samples_beyond_one_are_clipped(rate: int) -> None:
    assert set(decode(write(np.full(rate, 3.0), rate, subtype="FLOAT"))[100:-100].tolist()) == {1.0}


@pytest.mark.parametrize("name", ["WAV", "FLAC", "AIFF"])
def test_a_sound_without_samples_is_refused(name: str) -> None:
    with pytest.raises(DecodeError):
        decode(write(np.zeros(0), name=name))


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0x7FFFF000])
def test_the_lengths_that_streams_leave_are_taken_for_unknown(length: int) -> None:
    content = bytearray(FILES["wav"])
    struct.pack_into("<I", content, 4, length)
    struct.pack_into("<I", content, 40, length)
    assert (decode(bytes(content)) == decode(FILES["wav"])).all()


def test_a_length_of_nothing_in_a_whole_file_is_nothing() -> None:
    content = bytearray(FILES["wav"])
    struct.pack_into("<I", content, 40, 0)
    with pytest.raises(DecodeError):
        decode(bytes(content))


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_sound_is_refused(name: str) -> None:
    for decoder in (DECODER, AudioDecoder(RATE, 0.125)):
        for content in cut_short(FILES[name]):
            with pytest.raises(DecodeError):
                decode(content, decoder)


def test_what_follows_the_sound_is_left_aside() -> None:
    assert (decode(FILES["wav"] + b"some words") == decode(FILES["wav"])).all()


def test_a_sound_that_is_too_long_is_refused_by_its_header() -> None:
    decoder = AudioDecoder(RATE, 0.5, max_seconds=1.0)
    decode(FILES["wav"], decoder)
    with pytest.raises(TooLargeError, match=r"1\.2 seconds; expected at most 1"):
        decode(write(tone(1.25)), decoder)
    content = bytearray(FILES["flac"])
    content[22:26] = b"\x7f" * 4
    with pytest.raises(TooLargeError):
        decode(bytes(content))


def test_a_flac_that_does_not_tell_its_length_is_refused() -> None:
    content = bytearray(FILES["flac"])
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    with pytest.raises(DecodeError, match="does not tell its length"):
        decode(bytes(content))


@pytest.mark.parametrize("rate", [1, 99, 1_000_001, 0xFFFFFFFF])
def test_a_rate_that_no_sound_has_is_refused(rate: int) -> None:
    content = bytearray(FILES["wav"])
    struct.pack_into("<I", content, 24, rate)
    with pytest.raises(DecodeError):
        decode(bytes(content))


@pytest.mark.parametrize("name", ["CAF", "AU", "VOC", "W64"])
def test_other_formats_are_refused(name: str) -> None:
    with pytest.raises(DecodeError, match=f"format {name}"):
        decode(write(tone(), name=name))


@pytest.mark.parametrize("name", FILES)
def test_damage_ends_in_a_sound_or_is_refused(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    messages = [refusal(content) for content in damaged(FILES[name], 100)]
    assert any(messages)
    assert not any("\n" in message or " at 0x" in message for message in messages)
    # The MP3 library writes what it thinks of a file.
    assert name == "mp3" or capfd.readouterr().err == ""


def refusal(content: bytes) -> str:
    """Say why the content is refused, or nothing."""
    try:
        decode(content)
    except DecodeError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("content", NOTHING_KNOWN)
def test_what_is_no_sound_is_refused(content: bytes) -> None:
    with pytest.raises(DecodeError, match="expected a whole WAV, FLAC"):
        decode(content)


def test_features_are_those_of_the_sound_before_padding() -> None:
    loud, _, centroid, *_ = DECODER.decode(write(tone(0.5), subtype="FLOAT")).features[0]
    assert loud == pytest.approx(10 * np.log10(0.125), abs=0.01)
    assert centroid == pytest.approx(440, abs=5)
