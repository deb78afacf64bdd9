import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from reprise.decoding.errors import DecodeError, TooLargeError
from reprise.decoding.image import ImageDecoder

from .damage import NOTHING_KNOWN, cut_short, damaged

DECODER = ImageDecoder(16)
ORIENTATION = 0x0112


def write(picture: Image.Image, name: str, **options) -> bytes:
    file = BytesIO()
    picture.save(file, name, **options)
    return file.getvalue()


def picture(width: int = 64, height: int = 40, seed: int = 0) -> Image.Image:
    """A smooth picture of many colours, which no turn or mirror leaves as it is."""
    noise = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def decode(content: bytes, decoder: ImageDecoder = DECODER) -> np.ndarray:
    decoded = decoder.decode(content)
    assert decoded.items.shape == (1, *decoder.shape)
    assert decoded.items.dtype == decoder.dtype
    assert decoded.features.shape == (1, len(decoder.features))
    assert decoded.features.dtype == np.float32
    assert np.isfinite(decoded.features).all()
    return decoded.items[0]


def feature(content: bytes, name: str, decoder: ImageDecoder = DECODER) -> float:
    return float(decoder.decode(content).features[0, decoder.features.index(name)])


def distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other).mean())


FILES = {
    "jpeg": write(picture(), "JPEG", quality=95),
    "progressive jpeg": write(picture(), "JPEG", progressive=True, quality=95),
    "cmyk jpeg": write(picture().convert("CMYK"), "JPEG", quality=95),
    "png": write(picture(), "PNG"),
    "palette png": write(picture().quantize(256), "PNG"),
    "apng": write(picture(), "PNG", save_all=True, append_images=[picture(seed=1)]),
    "webp": write(picture(), "WEBP", lossless=True),
    "animated webp": write(picture(), "WEBP", lossless=True, save_all=True, append_images=[picture(seed=1)]),
    "bmp": write(picture(), "BMP"),
    "gif": write(picture().quantize(256), "GIF"),
    "tiff": write(picture(), "TIFF"),
    "packed tiff": write(picture(), "TIFF", compression="tiff_adobe_deflate"),
    "ppm": write(picture(), "PPM"),
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_picture(name: str) -> None:
    assert distance(decode(FILES[name]), decode(FILES["ppm"])) < 4


def test_the_shorter_side_is_scaled_and_the_centre_cut_out() -> None:
    wide = np.zeros((100, 300, 3), np.uint8)
    wide[:, :100, 0], wide[:, 100:200, 1], wide[:, 200:, 2] = 255, 255, 255
    for pixels in (wide, wide.transpose(1, 0, 2)):
        content = write(Image.fromarray(np.ascontiguousarray(pixels)), "PNG")
        assert (decode(content)[1:-1, 1:-1] == (0, 255, 0)).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 1), (1, 500), (16, 16), (15, 17), (700, 40)])
def test_a_picture_of_any_size_becomes_one_size(size: tuple[int, int]) -> None:
    content = write(Image.new("RGB", size, (10, 20, 30)), "PNG")
    assert (decode(content) == (10, 20, 30)).all()
    assert feature(content, "aspect") == pytest.approx(size[0] / size[1])


def test_fine_patterns_are_averaged_not_picked() -> None:
    pixels = np.zeros((256, 256, 3), np.uint8)
    pixels[::2] = 200
    assert distance(decode(write(Image.fromarray(pixels), "PNG")), 100) < 2


@pytest.mark.parametrize("size", [8, 15, 16, 17, 31, 32, 33, 100])
def test_a_jpeg_is_decoded_no_smaller_than_needed(size: int) -> None:
    source = picture(33 * 4, 32 * 4)
    decoder = ImageDecoder(size)
    whole, jpeg = write(source, "PNG"), write(source, "JPEG", quality=100, subsampling=0)
    assert distance(decode(jpeg, decoder), decode(whole, decoder)) < 6
    assert feature(jpeg, "sharpness", decoder) > 0.75 * feature(whole, "sharpness", decoder)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright(name: str, orientation: int) -> None:
    turns = Image.Transpose
    undone = [None, turns(0), turns(3), turns(1), turns(5), turns(2), turns(6), turns(4)][orientation - 1]
    stored = picture() if undone is None else picture().transpose(undone)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    content = write(stored, name, exif=exif, **({"quality": 95} if name in {"JPEG", "WEBP"} else {}))
    assert distance(decode(content), decode(FILES["png"])) < 5
    assert feature(content, "aspect") == pytest.approx(64 / 40)


def test_an_orientation_that_there_is_not_leaves_the_picture() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 77
    assert (decode(write(picture(), "PNG", exif=exif)) == decode(FILES["png"])).all()


@pytest.mark.parametrize(
    ("transparent", "options"),
    [
        (Image.new("RGBA", (20, 20), (200, 0, 0, 0)), {}),
        (Image.new("LA", (20, 20), (10, 0)), {}),
        (Image.new("RGB", (20, 20), (9, 9, 9)).quantize(2), {"transparency": 0}),
        (Image.new("L", (20, 20), 3), {"transparency": 3}),
        (Image.new("RGB", (20, 20), (3, 3, 3)), {"transparency": (3, 3, 3)}),
    ],
)
def test_what_is_transparent_lies_on_white(transparent: Image.Image, options: dict) -> None:
    assert (decode(write(transparent, "PNG")) == 255).all() == (not options)
    assert (decode(write(transparent, "PNG", **options)) == 255).all()


def test_half_transparent_colours_mix_with_white() -> None:
    assert distance(decode(write(Image.new("RGBA", (20, 20), (200, 0, 0, 128)), "PNG")), (227, 127, 127)) < 1.5


def test_black_and_white_has_both() -> None:
    content = write(Image.new("1", (20, 20), 1), "PNG")
    assert (decode(content) == 255).all()


@pytest.mark.parametrize("write_sixteen", ["PNG", "TIFF", "PPM", "big-endian TIFF"])
def test_sixteen_bits_become_the_higher_eight(write_sixteen: str) -> None:
    values = np.repeat(np.arange(16, dtype=np.uint16)[:, None] * 4096 + 255, 16, axis=1)
    if write_sixteen == "big-endian TIFF":
        # Pillow writes those of the byte order of the machine.
        content = big_endian_tiff(values)
    else:
        content = write(Image.fromarray(values), write_sixteen)
    assert (decode(content) == (np.arange(16) * 16)[:, None, None]).all()


def big_endian_tiff(values: np.ndarray) -> bytes:
    height, width = values.shape
    tags = [(256, width), (257, height), (258, 16), (259, 1), (262, 1), (273, 8), (277, 1), (278, height)]
    tags.append((279, values.size * 2))
    entries = b"".join(struct.pack(">HHII", tag, 4, 1, value) for tag, value in tags)
    pixels = values.astype(">u2").tobytes()
    start = 8 + len(pixels)
    return b"MM\0*" + struct.pack(">I", start) + pixels + struct.pack(">H", len(tags)) + entries + bytes(4)


def test_thirty_two_bits_are_read_where_they_hold_sixteen() -> None:
    values = np.full((16, 16), 40000, np.int32)
    assert (decode(write(Image.fromarray(values), "TIFF")) == 40000 >> 8).all()
    values[3, 4] = 65536
    with pytest.raises(DecodeError, match="32 bits"):
        decode(write(Image.fromarray(values), "TIFF"))


def test_floating_point_is_refused() -> None:
    with pytest.raises(DecodeError, match="floating point"):
        decode(write(Image.fromarray(np.zeros((16, 16), np.float32)), "TIFF"))


@pytest.mark.parametrize("name", ["ICO", "PCX", "TGA", "PDF", "EPS"])
def test_other_formats_are_not_opened(name: str) -> None:
    with pytest.raises(DecodeError, match="no picture, by its first bytes"):
        decode(write(picture(), name))


def png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    start = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + start + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8001, 12_000, 20_000, 60_000])
def test_too_many_pixels_are_refused_at_once(side: int) -> None:
    contents = [png_header(side, side), b"P6\n%d %d\n255\n" % (side, side) + bytes(1000)]
    if side < 2**14:
        contents.append(b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (side - 1).to_bytes(3, "little") * 2)
    for content in contents:
        with pytest.raises(DecodeError) as caught:
            decode(content)
        assert isinstance(caught.value, TooLargeError) or content.startswith(b"RIFF")


def test_as_many_pixels_as_allowed_are_read() -> None:
    assert decode(FILES["png"], ImageDecoder(16, max_pixels=64 * 40)).shape == (16, 16, 3)
    with pytest.raises(TooLargeError, match="64 x 40 pixels; expected at most 2559 pixels"):
        decode(FILES["png"], ImageDecoder(16, max_pixels=64 * 40 - 1))


@pytest.mark.parametrize("name", [name for name in FILES if name not in {"gif", "tiff", "packed tiff"}])
def test_a_truncated_picture_is_refused(name: str) -> None:
    for content in cut_short(FILES[name]):
        with pytest.raises(DecodeError):
            decode(content)


@pytest.mark.parametrize("name", ["gif", "tiff", "packed tiff"])
def test_a_picture_cut_short_among_its_pixels_is_refused(name: str) -> None:
    for part in (0.1, 0.3, 0.5, 0.7, 0.9):
        with pytest.raises(DecodeError):
            decode(FILES[name][: int(len(FILES[name]) * part)])


@pytest.mark.parametrize("name", FILES)
def test_damage_ends_in_a_picture_or_is_refused(name: str) -> None:
    messages = [refusal(content) for content in damaged(FILES[name], 150)]
    assert any(messages)
    assert not any("\n" in message or " at 0x" in message for message in messages)


def refusal(content: bytes) -> str:
    """Say why the content is refused, or nothing."""
    try:
        decode(content)
    except DecodeError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("content", NOTHING_KNOWN)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(DecodeError, match="expected a whole JPEG, PNG"):
        decode(content)


def test_damaged_metadata_do_not_disturb() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010E] = "a text that lies elsewhere"
    body = exif.tobytes()
    content = write(picture(), "JPEG", quality=95, exif=body)
    decode(content.replace(body, body[:-8] + b"\xff" * 8))
    decode(content.replace(body, body.replace(b"\x01\x0e\x00\x02\0\0\0", b"\x01\x0e\x00\x02\xff\xff\xff")))


def test_warnings_of_others_are_kept() -> None:
    decode(FILES["png"])
    filters = len(warnings.filters)
    decode(FILES["png"])
    assert len(warnings.filters) == filters
    with pytest.warns(UserWarning, match="still heard"):
        warnings.warn("still heard", UserWarning, stacklevel=1)


def test_threads_get_what_one_gets() -> None:
    contents = [*FILES.values(), png_header(12_000, 12_000)] * 3

    def outcome(content: bytes) -> bytes:
        try:
            return decode(content).tobytes()
        except TooLargeError:
            return b"too large"

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(outcome, contents)) == [outcome(content) for content in contents]
