"""Drawn videos of streets seen from above: accidents, and traffic that only looks dangerous."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

_FPS = 10
_SIZE = 96  # pixels a side; all lengths below are in halves of a pixel, for smooth edges
_SHAKE = 8
_LANE = 20.0
_WIDTH = 13.0  # of a vehicle

_Array = NDArray[np.float64]
_Colour = tuple[int, int, int]

_GROUND = ((92, 120, 70), (120, 128, 84), (150, 138, 112), (110, 112, 116))
_ROAD = ((78, 78, 82), (96, 94, 92), (64, 66, 72))
_PAINT = ((200, 40, 40), (40, 70, 150), (230, 230, 228), (40, 42, 46), (150, 152, 156), (214, 170, 50), (60, 120, 80))


@dataclass(frozen=True)
class _Vehicle:
    """Where a vehicle is: `track` is [frames, 3], along the road, across it, and the heading in radians."""

    track: _Array
    length: float
    colour: _Colour


@dataclass
class _Scene:
    """A stretch of road of some lanes for some seconds, and what moves there."""

    rng: np.random.Generator
    lanes: int
    seconds: _Array
    vehicles: list[_Vehicle] = field(default_factory=list)
    crossing: bool = False
    smoke: _Array | None = None  # [frames, puffs, 3]
    pieces: _Array | None = None  # [frames, pieces, 2], what flies off in an accident

    def lane(self, number: int) -> float:
        return (number - (self.lanes - 1) / 2) * _LANE

    def forward(self, number: int) -> int:
        """Return 1 or -1, the direction of a lane: traffic keeps to the right."""
        return 1 if 2 * number >= self.lanes else -1

    def add(self, along: _Array | float, across: _Array | float, heading: _Array | float) -> None:
        length = self.rng.uniform(40, 50) if self.rng.random() < 0.15 else self.rng.uniform(25, 31)
        track = np.stack(np.broadcast_arrays(along, across, heading, self.seconds)[:3], axis=1)
        self.vehicles.append(_Vehicle(track, length, _PAINT[self.rng.integers(len(_PAINT))]))

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))


def _turn(angle: _Array | float) -> _Array:
    """Return the matrices that turn rows of points: [..., 2, 2]."""
    return np.stack([np.stack([np.cos(angle), np.sin(angle)], -1), np.stack([-np.sin(angle), np.cos(angle)], -1)], -2)


# Accidents.


def _collide(scene: _Scene, speed: float) -> None:
    """Let two vehicles meet in the first half; they slide, spin and stay."""
    rng, at = scene.rng, scene.between(0.5, 1.3)
    number = int(rng.integers(scene.lanes))
    forward, kind = scene.forward(number), rng.integers(4)
    scene.crossing = bool(kind == 3)
    place = np.array([scene.between(-20, 20) * (kind < 3), scene.lane(number) + rng.normal(0, 2)])
    ahead = np.array([forward, 0.0])
    side = np.array([0.0, rng.choice((-1, 1))])
    first = speed * (ahead + rng.normal(0, 0.12) * abs(side))
    # The other's velocity and its place at the moment of the impact: from behind, head on, from the side, crossing.
    second, gap = (
        (0.3 * rng.random() * speed * ahead, 27 * ahead),
        (-speed * ahead, 27 * ahead + 5 * side),
        (0.8 * speed * (ahead - 0.15 * side), 12 * side + scene.between(-8, 8) * ahead),
        (-speed * side, 20 * ahead + scene.between(-6, 6) * side),
    )[kind]
    before = np.minimum(scene.seconds - at, 0)[:, None]
    after = 1 - np.exp(-2.5 * np.maximum(scene.seconds - at, 0))[:, None]  # friction
    push = speed / 300 + 0.5
    for velocity, start, away in ((first, place, -gap), (second, place + gap, gap)):
        slide = 0.1 * (first + second) + 0.35 * push * away + rng.normal(0, 8, 2) * push
        spin = rng.choice((-1, 1)) * rng.uniform(0.4, 1.6) * push
        where = start + velocity * before + slide * after
        still = ahead if abs(velocity).max() < 1 else velocity
        scene.add(where[:, 0], where[:, 1], np.arctan2(still[1], still[0]) + spin * after[:, 0])
    count = rng.integers(8, 24)
    flight = (rng.normal(0, 22, (count, 2)) * push + 0.2 * first) * after[:, None]
    if rng.random() < 0.8:
        puffs = rng.integers(3, 7)
        drift = rng.normal(0, 8, 2) + rng.normal(0, 5, (puffs, 2))
        t = np.maximum(scene.seconds - at - rng.uniform(0, 0.5, puffs)[:, None], 0).T[:, :, None]
        end = where[-1] * 0 + where[:, None]
        scene.smoke = np.concatenate([end + drift * np.minimum(t, 2), np.minimum(t * 20, 16)], axis=2)
    scene.pieces = np.where(after[:, None] > 0, place + gap / 2 + flight, np.nan)


# What is no accident.


def _queue(scene: _Scene, speed: float) -> None:
    """Brake behind a vehicle that waits, close to it."""
    number = int(scene.rng.integers(scene.lanes))
    forward, end = scene.forward(number), scene.between(-30, 30)
    braking, grip = scene.between(0, 2), scene.between(1.5, 4)
    left = np.maximum(braking - scene.seconds, 0) + np.exp(-grip * np.maximum(scene.seconds - braking, 0)) / grip
    heading = np.pi * (forward < 0)
    scene.add(end + forward * scene.between(31, 38), scene.lane(number), heading + scene.rng.normal(0, 0.1))
    scene.add(end - forward * speed * left, scene.lane(number) + scene.rng.normal(0, 2), heading)


def _overtake(scene: _Scene, speed: float) -> None:
    """Swing around a slower vehicle."""
    number = int(scene.rng.integers(scene.lanes))
    forward, slow, near = scene.forward(number), scene.between(0, 0.4) * speed, scene.between(0.6, 1.6)
    scene.add(forward * slow * (scene.seconds - near), scene.lane(number), np.pi * (forward < 0))
    gained = (speed - slow) * (scene.seconds - near)
    side = 1 if number == 0 else -1
    across = side * scene.between(0.75, 1.0) * _LANE / (1 + (gained / 50) ** 6)
    along = forward * speed * (scene.seconds - near)
    heading = np.arctan2(np.gradient(across), np.gradient(along))
    scene.add(along, scene.lane(number) + across, heading)


def _meet(scene: _Scene, speed: float) -> None:
    """Pass each other with a hand's breadth between."""
    number, near = int(scene.rng.integers(1, scene.lanes)), scene.between(0.5, 1.5)
    for lane, shift in ((number, -3.0), (number - 1, 3.0)):
        along = scene.forward(lane) * speed * scene.between(0.6, 1.2) * (scene.seconds - near)
        scene.add(along, scene.lane(lane) + shift * scene.rng.random(), np.pi * (scene.forward(lane) < 0))


def _cross(scene: _Scene, speed: float) -> None:
    """Cross the road right behind another vehicle."""
    scene.crossing = True
    number, near = int(scene.rng.integers(scene.lanes)), scene.between(0.5, 1.5)
    forward, side = scene.forward(number), scene.rng.choice((-1, 1))
    scene.add(forward * speed * (scene.seconds - near), scene.lane(number), np.pi * (forward < 0))
    late = near + (46 + scene.between(0, 12)) / speed
    scene.add(-forward * 5, scene.lane(number) + side * speed * (scene.seconds - late), side * np.pi / 2)


def _askew(scene: _Scene, speed: float) -> None:
    """Stand at odd angles, close together, as when parking or turning around."""
    number, place = int(scene.rng.integers(scene.lanes)), scene.between(-30, 30)
    for shift in (0.0, scene.between(33, 40)):
        roll = scene.between(0, 0.1) * speed * np.minimum(scene.seconds, 2)
        heading = np.pi * scene.rng.integers(2) + scene.rng.normal(0, 0.5)
        scene.add(place + shift + roll, scene.lane(number) + scene.rng.normal(0, 4), heading)


_HARMLESS: tuple[Callable[[_Scene, float], None], ...] = (_queue, _overtake, _meet, _cross, _askew)


class _View:
    """Draws what is given in places along and across the road."""

    def __init__(self, image: Image.Image, turn: _Array) -> None:
        self.draw, self.turn, self.middle = ImageDraw.Draw(image, "RGBA"), turn, image.width / 2

    def fill(self, points: _Array, colour: tuple[int, ...]) -> None:
        self.draw.polygon([(x, y) for x, y in (points @ self.turn + self.middle).tolist()], fill=colour)

    def box(self, along: float, across: float, length: float, width: float, colour: tuple[int, ...]) -> None:
        self.fill(_BOX * (length, width) + (along, across), colour)


_ROUND = np.stack([np.cos(a := np.arange(0, 6.2, 0.4)), np.sin(a)], axis=1)
_BOX = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
_BODY = np.array([[0.5, 0.3], [0.42, 0.5], [-0.45, 0.5], [-0.5, 0.35], [-0.5, -0.35], [-0.45, -0.5], [0.42, -0.5], [0.5, -0.3]])
_GLASS = (np.array([[0.28, 0.38], [0.28, -0.38], [0.12, -0.32], [0.12, 0.32]]), np.array([[-0.3, 0.3], [-0.3, -0.3], [-0.4, -0.36], [-0.4, 0.36]]))


def _street(scene: _Scene, turn: _Array) -> Image.Image:
    """Paint what does not move: the ground, the road, its marks, trees, stains and litter."""
    rng, half = scene.rng, scene.lanes * _LANE / 2
    image = Image.new("RGB", (2 * (_SIZE + _SHAKE),) * 2, _GROUND[rng.integers(len(_GROUND))])
    view, road = _View(image, turn), _ROAD[rng.integers(len(_ROAD))]
    for _ in range(rng.integers(12)):
        side = rng.choice((-1, 1))
        tone = int(rng.integers(40, 140))
        view.box(scene.between(-140, 140), side * (half + scene.between(14, 60)), *rng.uniform(8, 34, 2), (tone - 20, tone, 40))
    view.box(0, 0, 400, 2 * half + 10, (150, 148, 142))
    if scene.crossing or rng.random() < 0.3:
        view.box(0, 0, 2 * _LANE, 400, road)
    view.box(0, 0, 400, 2 * half, road)
    for line in range(1, scene.lanes):
        across = line * _LANE - half
        for along in range(-150, 150, 15 if 2 * line == scene.lanes else 24):
            view.box(along, across, 15 if 2 * line == scene.lanes else 11, 1.6, (220, 216, 200))
    for _ in range(rng.integers(6)):
        tone = int(rng.integers(30, 220))
        view.box(scene.between(-90, 90), scene.between(-half, half), *rng.uniform(2, 6, 2), (tone, tone, tone))
    for _ in range(rng.integers(4)):
        view.box(scene.between(-90, 90), scene.between(-half, half), scene.between(10, 60), scene.between(2, 12), (20, 20, 20, 70))
    return image


def _film(scene: _Scene, street: Image.Image, turn: _Array) -> NDArray[np.uint8]:
    """Return the frames: uint8 [frames, height, width, 3]."""
    rng, frames = scene.rng, []
    shake = np.zeros(2)
    jerk = rng.choice((0.0, 0.6, 1.5))
    for frame in range(len(scene.seconds)):
        image = street.copy()
        view = _View(image, turn)
        for place in [] if scene.pieces is None else scene.pieces[frame]:
            if not np.isnan(place).any():
                view.box(*place, 5, 4, (200, 200, 196))
        for vehicle in scene.vehicles:
            at, size = vehicle.track[frame, :2], (vehicle.length, _WIDTH)
            heading = _turn(vehicle.track[frame, 2])
            view.fill((_BODY * size) @ heading + at + 2.5, (0, 0, 0, 80))
            view.fill((_BODY * size) @ heading + at, vehicle.colour)
            for glass in _GLASS:
                view.fill((glass * size) @ heading + at, (28, 34, 44))
        if scene.smoke is not None:
            for x, y, radius in scene.smoke[frame]:
                if radius > 0:
                    view.fill(_ROUND * radius + (x, y), (225, 225, 225, 90))
                    view.fill(_ROUND * radius*.4 + (x, y), (255, 140, 20, 160))
        shake = np.clip(0.8 * shake + rng.normal(0, jerk, 2), -_SHAKE, _SHAKE)
        left, top = (np.rint(shake) + _SHAKE).astype(int).tolist()
        frames.append(np.asarray(image.crop((left, top, left + 2 * _SIZE, top + 2 * _SIZE)).reduce(2)))
    return np.stack(frames)


def _traffic(scene: _Scene, speed: float) -> None:
    """Add others where they stay clear of everyone."""
    for _ in range(scene.rng.integers(6)):
        number = int(scene.rng.integers(scene.lanes))
        forward = scene.forward(number)
        along = scene.between(-110, 110) + forward * speed * scene.rng.choice((0.0, 0.5, 1.0)) * scene.seconds
        place = np.stack([along, np.full_like(along, scene.lane(number))], axis=1)
        gaps = [np.hypot(*(place - vehicle.track[:, :2]).T).min() for vehicle in scene.vehicles]
        if min(gaps) > 48:
            scene.add(along, scene.lane(number), np.pi * (forward < 0))


def _video(rng: np.random.Generator, happening: Callable[[_Scene, float], None], speed: float) -> NDArray[np.uint8]:
    """Return three to five seconds of video: uint8 [frames, height, width, 3]."""
    scene = _Scene(rng, int(rng.integers(2, 5)), np.arange(rng.integers(30, 51)) / _FPS)
    happening(scene, speed)
    _traffic(scene, speed)
    turn = rng.uniform(1.4, 2.0) * _turn(rng.uniform(0, 2 * np.pi))
    frames = _film(scene, _street(scene, turn), turn)
    light = rng.uniform(0.65, 1.2) * rng.normal(1, 0.04, 3)
    noise = rng.normal(0, rng.choice((1, 3, 6)), (*frames.shape[:3], 1))
    return np.clip(np.rint(frames * light + noise), 0, 255).astype(np.uint8)


# Red, green and blue to luma and two chroma in 256ths, ITU-R BT.601.
_YUV = np.array([[66, -38, 112], [129, -74, -94], [25, 112, -18]])


def _write(path: Path, frames: NDArray[np.uint8]) -> None:
    """Encode as H.264 in steps that follow no processor: no rate control in floating point, no assembly, one thread."""
    count, height, width, _ = frames.shape
    planes = (frames @ _YUV + 128) // 256 + (16, 128, 128)
    chroma = planes[..., 1:].reshape(count, height // 2, 2, width // 2, 2, 2).mean(axis=(2, 4)).astype(np.uint8)
    luma = planes[..., 0].astype(np.uint8)
    flat = [luma, chroma[..., 0].reshape(count, -1, width), chroma[..., 1].reshape(count, -1, width)]
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=_FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.thread_count = 1
        stream.codec_context.options = {"preset": "veryfast", "qp": "30", "x264-params": "asm=0:threads=1"}
        for picture in np.concatenate(flat, axis=1):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        container.mux(stream.encode(None))


def make(folder: Path) -> None:
    """Write 30 videos to `positive` and 30 to `rash`, slow and fast accidents, and 60 to `negative`; 96 by 96 pixels."""
    rng = np.random.default_rng(2023)
    kinds: tuple[tuple[str, int, tuple[Callable[[_Scene, float], None], ...], tuple[float, float]], ...] = (
        ("positive", 30, (_collide,), (60, 120)),
        ("rash", 30, (_collide,), (130, 240)),
        ("negative", 60, _HARMLESS, (60, 220)),
    )
    for name, count, happenings, speeds in kinds:
        place = folder / name
        place.mkdir()
        for number in range(count):
            frames = _video(rng, happenings[number % len(happenings)], rng.uniform(*speeds))
            _write(place / f"{number:04}.mp4", frames)
