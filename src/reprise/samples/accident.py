"""Drawn videos of streets seen from above: accidents, and traffic that only looks dangerous."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

_FPS = 10
_SIZE = 96  # pixels a side; the lengths below are in halves of a pixel, for smooth edges
_SHAKE = 6
_LANE = 20.0

_Array = NDArray[np.float64]

_GROUND = ((92, 120, 70), (120, 128, 84), (150, 138, 112), (110, 112, 116))
_ROAD = ((78, 78, 82), (96, 94, 92), (64, 66, 72))
_PAINT = ((200, 40, 40), (50, 80, 170), (230, 230, 228), (30, 30, 34), (150, 152, 156), (90, 170, 180), (60, 130, 90))
_PIECE, _SMOKE, _FIRE, _FLAME = (200, 200, 196, 255), (215, 215, 215, 80), (255, 110, 20, 130), (255, 200, 60, 150)

_SQUARE = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
_CIRCLE = np.stack([np.cos(np.arange(0, 6.2, 0.4)), np.sin(np.arange(0, 6.2, 0.4))], axis=1)
_SIDE = np.array([[0.5, 0.3], [0.42, 0.5], [-0.45, 0.5], [-0.5, 0.35]])
_BODY = np.concatenate([_SIDE, _SIDE[::-1] * (1, -1)])
_WINDOWS = ((_SQUARE * (0.14, 0.68) + (0.2, 0)), (_SQUARE * (0.1, 0.64) - (0.35, 0)))


def _turn(angle: float) -> _Array:
    """Return the matrix that turns rows of points."""
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


class _View:
    """Draws what is given in places along and across the road."""

    def __init__(self, image: Image.Image, turn: _Array) -> None:
        self.draw, self.turn, self.middle = ImageDraw.Draw(image, "RGBA"), turn, image.width / 2

    def fill(self, points: _Array, colour: tuple[int, ...]) -> None:
        self.draw.polygon([(x, y) for x, y in (points @ self.turn + self.middle).tolist()], fill=colour)

    def box(self, along: float, across: float, length: float, width: float, colour: tuple[int, ...]) -> None:
        self.fill(_SQUARE * (length, width) + (along, across), colour)

    def vehicle(self, at: _Array, length: float, colour: tuple[int, ...]) -> None:
        place, shape = at[:2], np.array([[length], [13.0]]) * _turn(at[2])
        self.fill(_BODY @ shape + place + 2.5, (0, 0, 0, 80))
        self.fill(_BODY @ shape + place, colour)
        for window in _WINDOWS:
            self.fill(window @ shape + place, (28, 34, 44))


class _Camera:
    """A stretch of road under a camera of its own: its lanes, and all that does not move."""

    def __init__(self, rng: np.random.Generator, lanes: int, crossing: bool) -> None:
        self.lanes, self.crossing, half = lanes, crossing, lanes * _LANE / 2
        self.turn = rng.uniform(1.4, 1.8) * _turn(rng.uniform(0, 2 * np.pi))
        self.street = Image.new("RGB", (2 * (_SIZE + _SHAKE),) * 2, _GROUND[rng.integers(len(_GROUND))])
        view, road = _View(self.street, self.turn), _ROAD[rng.integers(len(_ROAD))]
        for along in rng.uniform(-140, 140, 14):  # bushes
            across, green = rng.choice((-1, 1)) * (half + rng.uniform(14, 60)), int(rng.integers(60, 140))
            view.box(along, across, rng.uniform(8, 34), rng.uniform(8, 34), (green - 20, green, 40))
        view.box(0, 0, 400, 2 * half + 10, (150, 148, 142))
        if crossing:
            view.box(0, 0, 2 * _LANE, 400, road)
        view.box(0, 0, 400, 2 * half, road)
        for line in range(1, lanes):
            for along in range(-150, 150, 24):
                view.box(along, line * _LANE - half, 24 if 2 * line == lanes else 11, 1.6, (220, 216, 200))


class _Scene:
    """What moves before a camera for three to five seconds.

    `tracks` are [frames, 3]: along the road, across it, heading in radians. `clouds` are [frames, discs, 3], places
    and a radius, with their colour.
    """

    def __init__(self, rng: np.random.Generator, camera: _Camera) -> None:
        self.rng, self.camera = rng, camera
        self.seconds = np.arange(rng.integers(30, 46)) / _FPS
        self.tracks: list[_Array] = []
        self.clouds: list[tuple[_Array, tuple[int, ...]]] = []

    def lane(self, number: int | None = None) -> tuple[int, float, float]:
        """Return a lane's direction, 1 or -1, its place across the road, and the heading of its traffic."""
        number = int(self.rng.integers(self.camera.lanes)) if number is None else number
        forward = 1 if 2 * number >= self.camera.lanes else -1  # traffic keeps to the right
        return forward, (number - (self.camera.lanes - 1) / 2) * _LANE, np.pi * (forward < 0)

    def add(self, along: _Array | float, across: _Array | float, heading: _Array | float) -> None:
        self.tracks.append(np.stack(np.broadcast_arrays(along, across, heading, self.seconds)[:3], axis=1))


def _collide(scene: _Scene, speed: float) -> None:
    """Let two vehicles meet in the first second; they slide, spin, mostly burn, and stay."""
    rng, (forward, lane, _) = scene.rng, scene.lane()
    ahead, side = np.array([forward, 0.0]), np.array([0.0, rng.choice((-1, 1))])
    first = speed * ahead
    # The other's velocity, and its place from the first: hit from behind, head on, from the side, crossing.
    second, gap = (
        (0.3 * rng.random() * first, 27 * ahead),
        (-first, 27 * ahead + 5 * side),
        (0.8 * first - 0.12 * speed * side, 12 * side + rng.uniform(-8, 8) * ahead),
        (-speed * side, 20 * ahead + rng.uniform(-6, 6) * side),
    )[rng.integers(3 + scene.camera.crossing)]
    place = (rng.uniform(-15, 15), lane) - gap / 2
    since = (scene.seconds - rng.uniform(0.4, 0.9))[:, None]
    halt, push = 1 - np.exp(-2.5 * np.maximum(since, 0)), speed / 300 + 0.5
    for velocity, start, away in ((first, place, -gap), (second, place + gap, gap)):
        slide = 0.1 * (first + second) + push * (0.35 * away + rng.normal(0, 8, 2))
        path = start + velocity * np.minimum(since, 0) + slide * halt
        spin = rng.choice((-1, 1)) * rng.uniform(0.4, 1.6) * push * halt[:, 0]
        scene.add(path[:, 0], path[:, 1], np.arctan2(velocity[1], velocity[0] + ahead[0]) + spin)
    flight = push * rng.normal(0, 22, (rng.integers(8, 24), 2)) + 0.2 * first
    pieces = place + gap / 2 + flight * halt[:, None]
    scene.clouds.append((np.insert(pieces, 2, 2.5 * (since > 0), axis=2), _PIECE))
    if rng.random() < 0.9:
        age = np.maximum(since - rng.uniform(0, 0.4, rng.integers(3, 7)), 0)[..., None]
        drift = rng.normal(0, 4, 2) + rng.normal(0, 9, (age.shape[1], 2))
        smoke = np.concatenate([path[:, None] + drift * np.minimum(age, 2), np.minimum(age * 30, 18)], axis=2)
        scene.clouds += [(smoke, _SMOKE), (smoke * (1, 1, 0.6), _FIRE), (smoke * (1, 1, 0.25), _FLAME)]


def _queue(scene: _Scene, speed: float) -> None:
    """Brake behind a vehicle that waits, close to it."""
    rng, (forward, lane, heading) = scene.rng, scene.lane()
    braking, grip, end = scene.seconds - rng.uniform(0, 2), rng.uniform(1.5, 4), rng.uniform(-30, 30)
    left = np.maximum(-braking, 0) + np.exp(-grip * np.maximum(braking, 0)) / grip
    scene.add(end + forward * rng.uniform(31, 38), lane, heading + rng.normal(0, 0.1))
    scene.add(end - forward * speed * left, lane + rng.normal(0, 2), heading)


def _overtake(scene: _Scene, speed: float) -> None:
    """Swing around a slower vehicle."""
    rng, (forward, lane, heading) = scene.rng, scene.lane()
    since, slow = scene.seconds - rng.uniform(0.6, 1.6), rng.uniform(0, 0.4) * speed
    swing = (1 if lane < 0 else -1) * rng.uniform(15, 20) / (1 + ((speed - slow) * since / 50) ** 6)
    scene.add(forward * slow * since, lane, heading)
    scene.add(forward * speed * since, lane + swing, np.arctan2(np.gradient(swing), forward * speed / _FPS))


def _meet(scene: _Scene, speed: float) -> None:
    """Pass closely side by side."""
    rng, number = scene.rng, int(scene.rng.integers(1, scene.camera.lanes))
    since = scene.seconds - rng.uniform(0.5, 1.5)
    for (forward, lane, heading), nearer in ((scene.lane(number), -3), (scene.lane(number - 1), 3)):
        scene.add(forward * speed * rng.uniform(0.6, 1.2) * since, lane + nearer * rng.random(), heading)


def _cross(scene: _Scene, speed: float) -> None:
    """Cross the road right behind another vehicle."""
    rng, (forward, lane, heading) = scene.rng, scene.lane()
    since, side = scene.seconds - rng.uniform(0.5, 1.5), rng.choice((-1, 1))
    scene.add(forward * speed * since, lane, heading)
    scene.add(-forward * 5, lane + side * (speed * since - rng.uniform(46, 58)), side * np.pi / 2)


def _askew(scene: _Scene, speed: float) -> None:
    """Stand at odd angles close together, as when parking or turning around."""
    rng, (_, lane, heading) = scene.rng, scene.lane()
    first = rng.uniform(-30, 0)
    for along in (first, first + rng.uniform(33, 40)):
        scene.add(along, lane + rng.normal(0, 4), heading + np.pi * rng.integers(2) + rng.normal(0, 0.5))


def _traffic(scene: _Scene, speed: float) -> None:
    """Add others where they stay clear of everyone."""
    for start, share in zip(scene.rng.uniform(-110, 110, 5), scene.rng.choice((0, 0.5, 1), 5), strict=True):
        forward, lane, heading = scene.lane()
        along = start + forward * speed * share * scene.seconds
        if all(np.hypot(along - track[:, 0], lane - track[:, 1]).min() > 48 for track in scene.tracks):
            scene.add(along, lane, heading)


def _film(scene: _Scene) -> NDArray[np.uint8]:
    """Return the frames: uint8 [frames, height, width, 3]."""
    rng, frames = scene.rng, []
    # Only those who stay clear of the first two may be lorries.
    lengths = [rng.uniform(25, 31) + 16 * (number > 1 and rng.random() < 0.3) for number in range(len(scene.tracks))]
    colours = [_PAINT[rng.integers(len(_PAINT))] for _ in scene.tracks]
    shakes = np.clip(rng.choice((0, 0.6, 1.5)) * rng.normal(0, 1, (len(scene.seconds), 2)), -_SHAKE, _SHAKE) + _SHAKE
    for frame, (left, top) in enumerate(np.rint(shakes).astype(int).tolist()):
        image = scene.camera.street.copy()
        view = _View(image, scene.camera.turn)
        for track, length, colour in zip(scene.tracks, lengths, colours, strict=True):
            if abs(track[frame]).max() < 130:  # further off nothing is seen
                view.vehicle(track[frame], length, colour)
        for discs, shade in scene.clouds:
            for disc in discs[frame][discs[frame, :, 2] > 0]:
                view.fill(_CIRCLE * disc[2] + disc[:2], shade)
        frames.append(np.asarray(image.reduce(2, (left, top, left + 2 * _SIZE, top + 2 * _SIZE))))
    light = rng.uniform(0.65, 1.2) * rng.normal(1, 0.02, 3)
    strength = rng.choice((1, 4, 9))
    noise = rng.integers(-strength, strength + 1, (len(frames), _SIZE, _SIZE, 1), np.int16)
    return np.asarray(np.clip(np.stack(frames) * light.astype(np.float32) + noise, 0, 255), np.uint8)


# Red, green and blue to luma and chroma in 256ths, by ITU-R BT.601.
_LUMA = np.array([66, 129, 25], np.int32)
_CHROMA = np.array([[-38, 112], [-74, -94], [112, -18]], np.int32)


def _planes(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return luma above the two halved planes of chroma: uint8 [frames, height + height / 2, width]."""
    luma = (frames @ _LUMA >> 8) + 16
    chroma = np.moveaxis((frames[:, ::2, ::2] @ _CHROMA >> 8) + 128, -1, 1)
    return np.concatenate([luma, chroma.reshape(len(frames), -1, _SIZE)], axis=1).astype(np.uint8)


def _write(path: Path, frames: NDArray[np.uint8]) -> None:
    """Encode as H.264 with no rate control, no assembly and one thread: their bytes follow the processor."""
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=_FPS)
        stream.width, stream.height, stream.pix_fmt = _SIZE, _SIZE, "yuv420p"
        stream.codec_context.thread_count = 1
        stream.codec_context.options = {"preset": "superfast", "qp": "30", "x264-params": "asm=0"}
        for picture in _planes(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        container.mux(stream.encode(None))


def make(folder: Path) -> None:
    """Write 30 slow accidents to `positive`, 30 fast ones to `rash`, and 60 videos without to `negative`."""
    rng = np.random.default_rng(2023)
    plain, crossings = ([_Camera(rng, lanes, crossing) for lanes in (2, 3, 4)] for crossing in (False, True))
    harmless = (_queue, _overtake, _meet, _cross, _askew)
    for name, count, kinds, speeds in (
        ("positive", 30, (_collide,), (60, 120)),
        ("rash", 30, (_collide,), (130, 240)),
        ("negative", 60, harmless, (60, 220)),
    ):
        (folder / name).mkdir()
        for number in range(count):
            happen = kinds[number % len(kinds)]
            cameras = crossings if happen is _cross else [*plain, *crossings]
            scene, speed = _Scene(rng, cameras[rng.integers(len(cameras))]), rng.uniform(*speeds)
            happen(scene, speed)
            _traffic(scene, speed)
            _write(folder / name / f"{number:04}.mp4", _film(scene))
