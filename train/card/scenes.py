"""Photos as other cameras would take them: squeezed by a recorder, at night, and near the edge of a wide lens; and with
sunglasses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.faces import LEFT_EYE, MOUTH, RIGHT_EYE
from train.card.impairments import Impairment, Keypoints, Picture, eye_distance_px, scaled_apart
from train.sunglasses import with_sunglasses

_EYES_DEGREES = 4.0
"""Angle between the eyes as the camera sees them: a face about a metre away."""
_INFRARED = np.array([0.1, 0.2, 0.7], np.float32)
"""Weights of blue, green and red: skin is bright in the infrared, as in red light."""
_NIGHT_JPEG_QUALITY = 40
_LENS_GREY = 30

Radius = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From the distance of a point from the middle of a picture, in focal lengths, to its angle off the axis in radians."""


def squeezed(across: float, down: float) -> Impairment:
    """To shares of the picture's width and height."""
    return lambda picture, keypoints, _: scaled_apart(picture, keypoints, across, down)


def grey(picture: Picture, keypoints: Keypoints, _: np.random.Generator) -> tuple[Picture, Keypoints]:
    """Without colour, as many cameras switch to at dusk."""
    return _as_grey(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)), keypoints


def infrared(picture: Picture, keypoints: Keypoints, random: np.random.Generator) -> tuple[Picture, Keypoints]:
    """By an infrared lamp beside the lens: grey, noise, skin bright and without small spots, pupils that reflect."""
    eyes_px = eye_distance_px(keypoints)
    light = np.clip(picture.astype(np.float32) @ _INFRARED, 0, 255) / 255
    smooth = cv2.bilateralFilter(light.astype(np.float32), 0, 0.08, max(1.0, eyes_px * 0.05))
    lit = smooth**0.7
    for eye in keypoints[[RIGHT_EYE, LEFT_EYE]]:
        pupil = np.zeros_like(lit)
        cv2.circle(
            pupil, (round(float(eye[0])), round(float(eye[1]))), max(1, round(eyes_px * 0.035)), 1.0, -1, cv2.LINE_AA
        )
        lit = np.maximum(lit, pupil * 0.9)
    noisy = lit * 255 + random.normal(0, 5, lit.shape)
    return _as_grey(np.clip(noisy, 0, 255).astype(np.uint8)), keypoints


def low_light(
    share: float, picture: Picture, keypoints: Keypoints, random: np.random.Generator
) -> tuple[Picture, Keypoints]:
    """With a share of the light, made bright again by gain: the noise of light and sensor, smoothed, compressed."""
    light = picture.astype(np.float32) * share
    noisy = light + random.normal(0, 1, light.shape) * np.sqrt(0.35 * light + 1.5)
    bright = np.clip(np.round(noisy) / share, 0, 255).astype(np.uint8)
    smooth = cv2.GaussianBlur(bright, (0, 0), 0.8)
    _, stored = cv2.imencode(".jpg", smooth, [cv2.IMWRITE_JPEG_QUALITY, _NIGHT_JPEG_QUALITY])
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR), np.uint8), keypoints


def sunglasses(picture: Picture, keypoints: Keypoints, _: np.random.Generator) -> tuple[Picture, Keypoints]:
    """With dark lenses over the eyes."""
    return with_sunglasses(picture, keypoints[[RIGHT_EYE, LEFT_EYE]], _LENS_GREY), keypoints


def off_axis(
    degrees: float, angle: Radius, distance: Radius, picture: Picture, keypoints: Keypoints, random: np.random.Generator
) -> tuple[Picture, Keypoints]:
    """The face at `degrees` from the axis of a lens, to the left or the right of the middle, as large as before.

    angle: of the lens. distance: its inverse.
    """
    eyes = keypoints[[RIGHT_EYE, LEFT_EYE]].mean(axis=0)
    centre = (eyes + keypoints[MOUTH]) / 2
    focal_px = eye_distance_px(keypoints) / np.radians(_EYES_DEGREES)
    side, off = random.choice([-1.0, 1.0]), np.radians(degrees)
    # Where the lens shows the face's centre, in focal lengths; the picture is a window around it.
    middle = side * float(distance(np.array(off)))
    height, width = picture.shape[:2]
    x, y = np.meshgrid(np.arange(width) - centre[0], np.arange(height) - centre[1])
    u, v = x / focal_px + middle, y / focal_px
    from_middle = np.maximum(np.hypot(u, v), 1e-9)
    theta = angle(from_middle)
    right, down, ahead = np.sin(theta) * u / from_middle, np.sin(theta) * v / from_middle, np.cos(theta)
    # Turn the camera to the face: the photo is what it sees then.
    turned = right * np.cos(off) - side * ahead * np.sin(off)
    front = np.maximum(side * right * np.sin(off) + ahead * np.cos(off), 1e-3)
    source_x = (turned / front * focal_px + centre[0]).astype(np.float32)
    source_y = (down / front * focal_px + centre[1]).astype(np.float32)
    bent = cv2.remap(picture, source_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    moved = [_nearest(source_x, source_y, point) for point in keypoints]
    return np.asarray(bent, np.uint8), np.array(moved, np.float32)


def fish_eye(degrees: float) -> Impairment:
    """A lens whose picture grows evenly with the angle (equidistant), as in cameras of 120 to 180 degrees."""
    return partial(off_axis, degrees, lambda radius: radius, lambda theta: theta)


def wide_angle(degrees: float) -> Impairment:
    """A wide lens without distortion: straight lines stay straight, and faces at the side become broad."""
    return partial(off_axis, degrees, np.arctan, np.tan)


def _nearest(
    source_x: NDArray[np.float32], source_y: NDArray[np.float32], point: NDArray[np.float32]
) -> tuple[int, int]:
    """The pixel that shows a point of the photo."""
    distances = (source_x - point[0]) ** 2 + (source_y - point[1]) ** 2
    row, column = np.unravel_index(int(np.argmin(distances)), distances.shape)
    return int(column), int(row)


def _as_grey(light: NDArray[np.generic]) -> Picture:
    return np.asarray(cv2.cvtColor(np.asarray(light, np.uint8), cv2.COLOR_GRAY2BGR), np.uint8)


SCENES: dict[str, Impairment | None] = {
    "as they are": None,
    "squeezed to 90 % of the width": squeezed(0.9, 1.0),
    "squeezed to 82.5 % of the width": squeezed(0.825, 1.0),
    "squeezed to 75 % of the width": squeezed(0.75, 1.0),
    "squeezed to 50 % of the width": squeezed(0.5, 1.0),
    "squeezed to 89 % of the height": squeezed(1.0, 0.889),
    "squeezed to 75 % of the height": squeezed(1.0, 0.75),
    "fish-eye, 45 degrees aside": fish_eye(45),
    "fish-eye, 70 degrees aside": fish_eye(70),
    "wide lens, 40 degrees aside": wide_angle(40),
    "grey": grey,
    "infrared": infrared,
    "low light": partial(low_light, 0.12),
    "with sunglasses": sunglasses,
}
"""Pictures as other cameras take them, and of people with sunglasses."""
