"""Draws customers from photos of people: they step up to the till, sway, turn their heads and stand in uneven light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.faces import LEFT_EYE, MOUTH, RIGHT_EYE

WIDTH, HEIGHT = 640, 480
FRAME_S = 0.1
"""Time between two frames: a lane samples a face this often."""

_EYES_PX = 26.0, 60.0
"""Distance between the eyes in the frame, from behind the belt to right at the camera. A photo is enlarged by at most
a fifth, because lanes do not see enlarged faces."""
_ENLARGED = 1.2
_SIZE_RISES = 0.15
"""Customers come nearer: the face grows by this share."""
_SWAY_EYES, _SWAY_HZ = 0.6, 0.4
"""How far a customer sways, in eye distances, and how often."""
_ROLL_DEGREES = 8.0
_LIGHT = 0.55, 1.35
_CAST = 0.06
"""Share by which one colour is too strong."""
_EXPOSURE_S = 0.03
"""A moving face is blurred over the distance of this time."""
_NOISE = 3.0
_JPEG_QUALITY = 50, 85

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Movement:
    """How one customer moves and is lit; everything is drawn once, at random.

    eyes_px: distance between the eyes in the last frame. start: (2,), where the face is, as shares of the frame. sway:
    direction in radians. phase, roll: of the swaying, in radians. light: factor. lamp: slope of the light over the
    face, -1..1. cast: (3,), factor of each colour. jpeg: quality.
    """

    eyes_px: float
    start: tuple[float, float]
    sway: float
    phase: float
    roll: float
    light: float
    lamp: float
    cast: NDArray[np.float32]
    jpeg: int


def movement(random: np.random.Generator, photo_eyes_px: float) -> Movement:
    """A random customer. photo_eyes_px: distance between the eyes in the photo, in pixels."""
    return Movement(
        eyes_px=min(float(random.uniform(*_EYES_PX)), photo_eyes_px * _ENLARGED),
        start=(float(random.uniform(0.4, 0.6)), float(random.uniform(0.4, 0.55))),
        sway=float(random.uniform(0, 2 * np.pi)),
        phase=float(random.uniform(0, 2 * np.pi)),
        roll=float(random.uniform(-1, 1)) * _ROLL_DEGREES,
        light=float(random.uniform(*_LIGHT)),
        lamp=float(random.uniform(-0.35, 0.35)),
        cast=(1 + random.uniform(-_CAST, _CAST, 3)).astype(np.float32),
        jpeg=int(random.integers(*_JPEG_QUALITY)),
    )


def frames(
    photo: Picture, keypoints: NDArray[np.float32], count: int, random: np.random.Generator
) -> Iterator[Picture]:
    """The frames of one customer, uint8 (480, 640, 3) BGR. photo: BGR. keypoints: (4, 2) of the face, in its pixels."""
    eyes = keypoints[[RIGHT_EYE, LEFT_EYE]].mean(axis=0)
    photo_eyes_px = float(np.linalg.norm(keypoints[LEFT_EYE] - keypoints[RIGHT_EYE]))
    person, middle = movement(random, photo_eyes_px), (eyes + keypoints[MOUTH]) / 2
    wall = _wall(random)
    for number in range(count):
        time_s = number * FRAME_S
        turn = 2 * np.pi * _SWAY_HZ * time_s + person.phase
        size = person.eyes_px * (1 - _SIZE_RISES * (1 - number / max(count - 1, 1))) / photo_eyes_px
        away = np.sin(turn) * _SWAY_EYES * person.eyes_px * np.array([np.cos(person.sway), np.sin(person.sway) / 2])
        place = np.array([person.start[0] * WIDTH, person.start[1] * HEIGHT]) + away
        matrix = cv2.getRotationMatrix2D((0, 0), person.roll * np.sin(turn * 0.7), size)
        matrix[:, 2] = place - matrix[:, :2] @ middle
        speed_px_s = np.cos(turn) * _SWAY_EYES * person.eyes_px * 2 * np.pi * _SWAY_HZ
        yield _exposed(_placed(photo, matrix, wall), person, abs(float(speed_px_s)) * _EXPOSURE_S, random)


def _wall(random: np.random.Generator) -> NDArray[np.float32]:
    """A blurred background: shelves and people behind the customer."""
    coarse = random.uniform(40, 200, (6, 8, 3)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.float32)


def _placed(photo: Picture, matrix: NDArray[np.float64], wall: NDArray[np.float32]) -> NDArray[np.float32]:
    """The photo in front of the background, with soft edges. matrix: (2, 3), from the photo to the frame."""
    shown = cv2.warpAffine(photo, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_AREA).astype(np.float32)
    inside = cv2.warpAffine(np.ones(photo.shape[:2], np.float32), matrix, (WIDTH, HEIGHT))
    soft = cv2.GaussianBlur(cv2.erode(inside, np.ones((5, 5), np.uint8)), (0, 0), 2)[..., None]
    return np.asarray(shown * soft + wall * (1 - soft), np.float32)


def _exposed(
    scene: NDArray[np.float32], person: Movement, smear_px: float, random: np.random.Generator
) -> Picture:  # fmt: skip
    """The scene as a camera delivers it: lit from a side, smeared by movement, with noise, compressed."""
    slope = np.linspace(-person.lamp, person.lamp, WIDTH, dtype=np.float32)[None, :, None]
    lit = scene * person.light * (1 + slope) * person.cast
    if smear_px >= 1:
        lit = cv2.blur(lit, (round(smear_px) + 1, 1))
    noisy = np.clip(lit + random.normal(0, _NOISE, lit.shape), 0, 255).astype(np.uint8)
    _, stored = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, person.jpeg])
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR), np.uint8)
