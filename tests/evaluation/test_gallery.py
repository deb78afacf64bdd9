import numpy as np
import pytest
from PIL import Image

from reprise.evaluation.gallery import Tile, clip, picture, row, spectrogram, write_gallery

DRAW = np.random.default_rng(0)
CAPTION = ("a/hot.jpg", "actual: dog", "predicted: cat", "probability: 0.98")


def gallery(folder, tiles):
    write_gallery(folder / "gallery.png", tiles)
    with Image.open(folder / "gallery.png") as file:
        assert file.format == "PNG"
        assert not file.info
        return np.asarray(file)


def holds(canvas, image):
    """Whether `image` stands somewhere in `canvas`, pixel by pixel."""
    windows = np.lib.stride_tricks.sliding_window_view(canvas[:, :, 0], image.shape[:2])
    corners = np.argwhere((windows[:, :, 0, 0] == image[0, 0, 0]) & (windows[:, :, -1, -1] == image[-1, -1, 0]))
    return any((canvas[y : y + len(image), x : x + image.shape[1]] == image).all() for y, x in corners)


def test_every_tile_is_there_as_it_is(tmp_path) -> None:
    images = [DRAW.integers(0, 256, (size, size, 3), dtype=np.uint8) for size in (40, 60, 200, 60, 60, 60, 60, 60)]
    canvas = gallery(tmp_path, [Tile(image, CAPTION) for image in images])
    assert all(holds(canvas, image) for image in images)
    assert canvas.shape[1] > 6 * 200
    assert (canvas[0] == 255).all()
    assert (canvas[:, -1] == 255).all()


def test_the_same_bytes_each_time(tmp_path) -> None:
    tiles = [Tile(picture(DRAW.integers(0, 256, (32, 32, 3), dtype=np.uint8)), CAPTION)]
    for name in ("one.png", "two.png"):
        write_gallery(tmp_path / name, tiles)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_without_mistakes_there_is_a_picture_that_says_so(tmp_path) -> None:
    canvas = gallery(tmp_path, [])
    assert 0.01 < (canvas < 128).mean() < 0.2


def test_captions_are_written_below(tmp_path) -> None:
    tile = picture(np.full((32, 32, 3), 255, np.uint8))
    nothing, something = (gallery(tmp_path, [Tile(tile, caption)]) for caption in (("",) * 4, CAPTION))
    assert (nothing == 255).all()
    rows = np.flatnonzero((something < 128).any(axis=(1, 2)))
    assert rows.min() > 224
    assert len(rows) > 4 * 8


def test_a_long_name_is_shortened_in_the_middle(tmp_path) -> None:
    tile = picture(np.full((32, 32, 3), 255, np.uint8))
    start, end = "folder_" + "x" * 20, "y" * 20 + "_name.jpg"
    one, other = (gallery(tmp_path, [Tile(tile, (start + "0" * size + end,))]) for size in (50, 200))
    np.testing.assert_array_equal(one, other)
    assert (one[:, -12:] == 255).all()
    name = start + "0" * 50 + end
    for place, seen in ((0, True), (12, True), (26, False), (-26, False), (-12, True), (-1, True)):
        letters = list(name)
        letters[place] = "W" if seen else "z"
        other = gallery(tmp_path, [Tile(tile, ("".join(letters),))])
        assert (other.shape != one.shape or (other != one).any()) == seen


@pytest.mark.parametrize(("name", "written"), [("Zürich\n.jpg", "Zurich?.jpg"), ("кот", "???"), ("\x00\ud800", "??")])
def test_names_beyond_ascii_are_written_as_far_as_they_can(tmp_path, name, written) -> None:
    tile = np.zeros((32, 32, 3), np.uint8)
    np.testing.assert_array_equal(gallery(tmp_path, [Tile(tile, (name,))]), gallery(tmp_path, [Tile(tile, (written,))]))


@pytest.mark.parametrize(("size", "shown"), [(8, 224), (32, 224), (96, 192), (128, 128), (224, 224), (512, 171)])
def test_a_picture_changes_by_a_whole_factor(size, shown) -> None:
    item = DRAW.integers(0, 256, (size, size, 3), dtype=np.uint8)
    found = picture(item)
    assert found.shape == (shown, shown, 3)
    if shown >= size:
        np.testing.assert_array_equal(found[:: shown // size, :: shown // size], item)


@pytest.mark.parametrize(("frames", "shown"), [(1, [0]), (4, [0, 1, 2, 3]), (6, range(6)), (11, [0, 2, 4, 6, 8, 10])])
def test_a_clip_is_a_strip_of_frames_from_first_to_last(frames, shown) -> None:
    item = np.broadcast_to(10 * np.arange(frames, dtype=np.uint8)[:, None, None, None], (frames, 64, 64, 3))
    strip = clip(item)
    assert strip.shape == (128, len(shown) * 132 - 4, 3)
    assert (strip[5, 60::132, 0] // 10).tolist() == list(shown)


def test_a_spectrogram_has_low_frequencies_at_the_bottom_and_loud_is_light() -> None:
    decibels = np.full((64, 1168), -80.0, np.float32)
    decibels[:8, 584:] = 0
    image = spectrogram(decibels)
    assert image.dtype == np.uint8
    assert image.shape == (128, 195, 3)
    assert image[-1, -1].tolist() == [253, 231, 37]
    for y, x in ((0, 0), (0, -1), (-1, 0), (-17, -1)):
        assert image[y, x].tolist() == [68, 1, 84]
    assert image[-16, -1].tolist() == [253, 231, 37]


def test_spectrograms_of_silence_and_of_few_frames() -> None:
    assert (spectrogram(np.full((64, 300), -100.0)) == [68, 1, 84]).all()
    assert spectrogram(np.arange(10.0).reshape(2, 5)).shape == (160, 220, 3)


def test_bars_go_right_and_left_and_no_farther_than_the_edge() -> None:
    image = row(np.array([1.5, -3, 90, np.nan, 0]), ["up", "down", "far", "gone", "mean"])
    assert image.shape == (80, 224, 3)
    lines = image[8::16]
    blue, orange = ((lines == colour).all(axis=2).sum(axis=1).tolist() for colour in ((49, 104, 142), (202, 94, 48)))
    half = 55
    assert blue == [pytest.approx(half / 2, abs=1), 0, half, 0, 0]
    assert orange == [0, half, 0, 0, 0]
    assert (lines[3] != 255).any()


def test_of_many_features_the_farthest_are_shown() -> None:
    values = np.full(40, 0.1)
    values[::4] = 2
    image = row(values, [f"feature {number}" for number in range(40)])
    assert image.shape == (17 * 16, 224, 3)
    assert sorted((image[8:-16:16] == (49, 104, 142)).all(axis=2).sum(axis=1).tolist())[-10:] == [37] * 10
