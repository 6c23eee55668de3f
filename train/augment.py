"""Augmentation of training photos: changes that can happen to a face between the shop and the model.

Geometry is changed on the keypoints, before the product's own `align`, so that training never makes a crop that a lane
could not make. Light and lens are changed on the crop.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.crop import CROP_PX, EYE_TO_MOUTH, TEMPLATE, align
from edge.vision.faces import LEFT_EYE, MOUTH, RIGHT_EYE
from train.sunglasses import with_sunglasses

_Image = NDArray[np.uint8]
Change = Callable[[_Image, np.random.Generator], _Image]


def augmented_view(
    picture: _Image,
    keypoints: NDArray[np.float32],
    random: np.random.Generator,
    changes: tuple[tuple[float, Change], ...],
    strength: float = 1,
) -> _Image:
    """A random aligned crop, uint8 (224, 224, 3) RGB, as with another camera, distance and light.

    changes: probability and function, in the order to apply. strength: 0..1, factor for every probability and for
    every deviation of the keypoints.
    """
    crop = align(picture, jitter(keypoints, random, strength))
    if random.random() < 0.5:
        crop = np.ascontiguousarray(crop[:, ::-1])
    for chance, change in changes:
        if random.random() < chance * strength:
            crop = change(crop, random)
    return crop


def jitter(keypoints: NDArray[np.float32], random: np.random.Generator, strength: float = 1) -> NDArray[np.float32]:
    """Randomly moved keypoints, as from a less accurate detector or a wider crop; (4, 2) pixels in and out.

    Rotation 6 degrees, scale 10 %, shift 4 % of the crop (standard deviations), and 2 % noise of each point. In
    addition, one crop in four is up to 1.5 times as wide, so that keypoints too far apart do not cost years of
    accuracy. All of it times `strength`.
    """
    centre = keypoints[[RIGHT_EYE, LEFT_EYE, MOUTH]].mean(axis=0)
    eye_to_mouth = np.linalg.norm(keypoints[[RIGHT_EYE, LEFT_EYE]].mean(axis=0) - keypoints[MOUTH])
    crop_side = eye_to_mouth / EYE_TO_MOUTH
    angle = strength * np.radians(6) * random.standard_normal()
    scale = np.exp(strength * 0.10 * random.standard_normal())
    if random.random() < strength * 0.25:
        scale *= random.uniform(1, 1.5)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = strength * 0.04 * crop_side * random.standard_normal(2)
    noise = strength * 0.02 * eye_to_mouth * random.standard_normal((len(keypoints), 2))
    return np.asarray((keypoints - centre) @ turn.T + centre + shift + noise, np.float32)


def _light(crop: _Image, random: np.random.Generator) -> _Image:
    """Another exposure, contrast and colour cast, with one lookup table per channel."""
    levels = np.linspace(0, 1, 256)[:, None]
    gamma = np.exp(0.35 * random.standard_normal())
    gain = np.exp(0.15 * random.standard_normal() + 0.05 * random.standard_normal(3))
    contrast = np.exp(0.15 * random.standard_normal())
    table = ((levels**gamma - 0.5) * contrast + 0.5) * gain
    return np.asarray(cv2.LUT(crop, (table.clip(0, 1) * 255).astype(np.uint8)[None]), np.uint8)


def _lens(crop: _Image, random: np.random.Generator) -> _Image:
    """A small or blurred face, with sensor noise."""
    side = int(random.uniform(40, 160))
    small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
    small += random.uniform(0, 10) * random.standard_normal(small.shape)
    return np.asarray(cv2.resize(small.clip(0, 255).astype(np.uint8), (CROP_PX, CROP_PX)), np.uint8)


def _jpeg(crop: _Image, random: np.random.Generator) -> _Image:
    _, coded = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, int(random.uniform(25, 80))])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def _grey(crop: _Image, _: np.random.Generator) -> _Image:
    return np.repeat(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


def _border(crop: _Image, random: np.random.Generator) -> _Image:
    """The frame ends near the face: black borders on any sides."""
    left, top, right, bottom = (random.uniform(-0.1, 0.2, 4).clip(0) * CROP_PX).astype(int)
    framed = np.zeros_like(crop)
    inside = slice(top, CROP_PX - bottom), slice(left, CROP_PX - right)
    framed[inside] = crop[inside]
    return framed


def _cover(crop: _Image, random: np.random.Generator) -> _Image:
    """An object in front of the face (random erasing, Zhong et al. 2017, arXiv:1708.04896)."""
    width, height = (random.uniform(0.1, 0.35, 2) * CROP_PX).astype(int)
    left, top = (random.uniform(0, 1, 2) * (CROP_PX - width, CROP_PX - height)).astype(int)
    crop[top : top + height, left : left + width] = random.integers(0, 256, 3, np.uint8)
    return crop


def _sunglasses(crop: _Image, random: np.random.Generator) -> _Image:
    """Where the eyes of a crop are before it is moved: the lenses are large enough for most crops."""
    return with_sunglasses(crop, TEMPLATE[:2] * CROP_PX, int(random.integers(5, 80)), random.uniform(0.9, 1.3))


CHANGES: dict[str, tuple[tuple[float, Change], ...]] = {
    "lane": (
        (0.04, _sunglasses),
        (0.7, _light),
        (0.15, _lens),
        (0.1, _jpeg),
        (0.05, _grey),
        (0.2, _border),
        (0.05, _cover),
    ),
    "basic": ((0.7, _light),),
}
"""Changes to a crop by the recipe's `augment`: probability and function, applied in this order."""
