"""Degrade photos in one respect, to a random degree: the defects that the quality gate should detect."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.faces import LEFT_EYE, MOUTH, NOSE, RIGHT_EYE
from train.sunglasses import with_sunglasses

Picture = NDArray[np.uint8]
Keypoints = NDArray[np.float32]
Impairment = Callable[[Picture, Keypoints, np.random.Generator], tuple[Picture, Keypoints]]
"""From a photo, uint8 (H, W, 3) BGR, and its keypoints (4, 2) to a degraded photo and its keypoints."""

_SENSOR_NOISE = 3.0
"""Standard deviation of the sensor noise in dark pictures, of 255."""


def smaller(picture: Picture, keypoints: Keypoints, random: np.random.Generator) -> tuple[Picture, Keypoints]:
    """Farther away: 6 to 64 pixels between the eyes."""
    scale = min(1.0, _between(random, 6, 64) / eye_distance_px(keypoints))
    size = [max(8, round(side * scale)) for side in picture.shape[1::-1]]
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), keypoints * np.float32(scale)


def blurred(picture: Picture, keypoints: Keypoints, random: np.random.Generator) -> tuple[Picture, Keypoints]:
    """Out of focus: a Gaussian of 1 % to 20 % of the distance between the eyes."""
    sigma_px = _between(random, 0.01, 0.2) * eye_distance_px(keypoints)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), np.uint8), keypoints


def darker(picture: Picture, keypoints: Keypoints, random: np.random.Generator) -> tuple[Picture, Keypoints]:
    """With 1 % to 60 % of the light, and sensor noise."""
    noise = random.normal(0, _SENSOR_NOISE, picture.shape)
    dark = picture * _between(random, 0.01, 0.6) + noise
    return np.clip(dark, 0, 255).astype(np.uint8), keypoints


def brighter(picture: Picture, keypoints: Keypoints, random: np.random.Generator) -> tuple[Picture, Keypoints]:
    """Over-exposed by up to eight times."""
    return np.clip(picture * _between(random, 1.0, 8.0), 0, 255).astype(np.uint8), keypoints


def covered(picture: Picture, keypoints: Keypoints, random: np.random.Generator) -> tuple[Picture, Keypoints]:
    """A hand in front of the face: a skin-coloured ellipse from one side that covers up to the whole face."""
    eyes = keypoints[[RIGHT_EYE, LEFT_EYE]].mean(axis=0)
    height = max(float(np.linalg.norm(keypoints[MOUTH] - eyes)), 1.0)
    x, y = np.clip(keypoints[NOSE], 0, np.array(picture.shape[1::-1]) - 1).astype(int)
    skin = picture[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4].mean(axis=(0, 1))
    direction = random.normal(size=2)
    direction /= np.linalg.norm(direction)
    middle = (eyes + keypoints[MOUTH]) / 2 + direction * height * random.uniform(0.3, 2.2)
    with_hand = picture.copy()
    axes = (round(height * 1.1), round(height * 0.8))
    angle = float(np.degrees(np.arctan2(direction[1], direction[0])))
    centre = (round(float(middle[0])), round(float(middle[1])))
    cv2.ellipse(with_hand, centre, axes, angle, 0, 360, skin.tolist(), -1, cv2.LINE_AA)
    return with_hand, keypoints


def behind_sunglasses(picture: Picture, keypoints: Keypoints, random: np.random.Generator) -> tuple[Picture, Keypoints]:
    """Sunglasses with lenses of a grey of 5 (black) to 160 (hardly dark)."""
    shade = int(_between(random, 5, 160))
    return with_sunglasses(picture, keypoints[[RIGHT_EYE, LEFT_EYE]], shade), keypoints


def thinner(picture: Picture, keypoints: Keypoints, random: np.random.Generator) -> tuple[Picture, Keypoints]:
    """Squeezed to 50 % to 100 % of its width."""
    return scaled_apart(picture, keypoints, _between(random, 0.5, 1.0), 1.0)


def broader(picture: Picture, keypoints: Keypoints, random: np.random.Generator) -> tuple[Picture, Keypoints]:
    """Squeezed to 50 % to 100 % of its height."""
    return scaled_apart(picture, keypoints, 1.0, _between(random, 0.5, 1.0))


def scaled_apart(picture: Picture, keypoints: Keypoints, across: float, down: float) -> tuple[Picture, Keypoints]:
    """Squeezed to `across` of its width and `down` of its height, both 0..1."""
    size = [max(8, round(side * share)) for side, share in zip(picture.shape[1::-1], (across, down), strict=True)]
    scales = np.array(size, np.float32) / picture.shape[1::-1]
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8), (keypoints * scales).astype(
        np.float32
    )


def eye_distance_px(keypoints: Keypoints) -> float:
    """Pixels between the eyes, at least 0.001."""
    return max(float(np.linalg.norm(keypoints[LEFT_EYE] - keypoints[RIGHT_EYE])), 1e-3)


def _between(random: np.random.Generator, low: float, high: float) -> float:
    """A random number between low and high, log-uniform."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))
