import subprocess
import sys

import pytest

from reprise.decoding.audio import AudioDecoder
from reprise.decoding.decoder import make_decoder
from reprise.decoding.errors import DecodeError, TooLargeError, refusing
from reprise.decoding.image import ImageDecoder
from reprise.decoding.video import VideoDecoder

SETTINGS = {
    "image": {"size": 32, "group": None},
    "audio": {"sample_rate": 8000, "seconds": 0.5, "max_bad": 0.01},
    "video": {"size": 32, "seconds": 1.0, "stride": 0.5, "fps": 4.0, "classes": None},
}


def test_a_decoder_takes_its_settings_and_leaves_the_others() -> None:
    assert make_decoder("image", SETTINGS["image"]) == ImageDecoder(32)
    assert make_decoder("audio", SETTINGS["audio"]) == AudioDecoder(8000, 0.5)
    assert make_decoder("video", SETTINGS["video"]) == VideoDecoder(32, 1.0, 0.5, 4.0)


def test_an_unknown_modality_is_refused() -> None:
    with pytest.raises(ValueError, match="'tabular'"):
        make_decoder("tabular", {})


@pytest.mark.parametrize(("modality", "shape"), [("image", (32, 32, 3)), ("audio", (4000,)), ("video", (4, 32, 32, 3))])
def test_shape_and_suffixes_are_told(modality: str, shape: tuple[int, ...]) -> None:
    decoder = make_decoder(modality, SETTINGS[modality])
    assert decoder.shape == shape
    assert len(set(decoder.features)) == len(decoder.features)
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in decoder.suffixes)


def test_no_suffix_is_read_by_two_decoders() -> None:
    suffixes = [suffix for modality in SETTINGS for suffix in make_decoder(modality, SETTINGS[modality]).suffixes]
    assert len(set(suffixes)) == len(suffixes)


@pytest.mark.parametrize(("modality", "others"), [("image", "av soundfile soxr"), ("audio", "av PIL")])
def test_a_server_needs_no_library_of_another_modality(modality: str, others: str) -> None:
    code = f"""
import sys
from reprise.decoding.decoder import make_decoder
make_decoder({modality!r}, {SETTINGS[modality]!r})
assert not set({others!r}.split()) & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_error_says_what_was_found_and_expected() -> None:
    error = TooLargeError("9 pixels", "at most 4")
    assert str(error) == "9 pixels; expected at most 4"
    assert (error.found, error.expected) == ("9 pixels", "at most 4")
    assert isinstance(error, DecodeError)


@pytest.mark.parametrize(
    ("raised", "found"),
    [
        (KeyError("a\nb"), r"'a\nb'"),
        (RuntimeError("first line.\nsecond line"), "first line"),
        (MemoryError(), "MemoryError"),
        (OSError(5, "input failed", "name"), "input failed"),
        (SyntaxError("cannot identify <_io.BytesIO object at 0x7f0123456789>"), "cannot identify the content"),
    ],
)
def test_whatever_a_library_raises_becomes_one_line(raised: Exception, found: str) -> None:
    with pytest.raises(DecodeError) as caught, refusing("a file"):
        raise raised
    assert (caught.value.found, caught.value.expected) == (found, "a file")
    assert caught.value.__cause__ is raised


def test_what_a_decoder_refuses_stays_as_it_is() -> None:
    error = TooLargeError("9 pixels", "at most 4")
    with pytest.raises(TooLargeError) as caught, refusing("a file"):
        raise error
    assert caught.value is error
