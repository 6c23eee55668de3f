"""Draws sunglasses on a face: for training, and to measure what they do to the predicted age."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

LENS = (0.39, 0.31)
"""Half the width and half the height of a lens, as shares of the distance between the eyes."""

_BELOW = 0.06
_BRIDGE = 0.06
"""How far a lens sits below the eye, and how thick the bridge is, as shares of the same distance."""

_Drawn = NDArray[np.uint8] | NDArray[np.float32]

_TO_MOUTH = np.array([[0.0, 1.0], [-1.0, 0.0]])
"""Turns the line from the right to the left eye, a row, by 90 degrees towards the mouth."""


def with_sunglasses(
    picture: NDArray[np.uint8], eyes: NDArray[np.floating], shade: int, size: float = 1
) -> NDArray[np.uint8]:
    """The picture with dark lenses over both eyes and a bridge between them.

    picture: uint8 (H, W, 3). eyes: (2, 2), x and y of the right and the left eye in pixels. shade: grey of the lenses,
    0..255. size: of the lenses, 1 as in `LENS`.
    """
    frame = _Frame.on(eyes, size * LENS[0], size * LENS[1], _BELOW)
    worn = picture.copy()
    frame.draw_lenses(worn, (shade,) * 3)
    frame.draw_bridge(worn, (shade,) * 3, _BRIDGE)
    return worn


def with_any_sunglasses(
    picture: NDArray[np.uint8], eyes: NDArray[np.floating], light: float, random: np.random.Generator
) -> NDArray[np.uint8]:
    """The picture with sunglasses as people wear them: round or square lenses, black or tinted, darker at the top, with
    reflections, in a frame.

    picture, eyes: as in `with_sunglasses`. light: brightness of the skin, 0..255. random: where they sit, and how they
    look.
    """
    apart = float(np.hypot(*(eyes[1] - eyes[0])))
    eyes = eyes + random.normal(0, 0.04 * apart, (2, 2))
    size = random.uniform(0.85, 1.35)
    half = size * random.uniform(0.34, 0.43), size * random.uniform(0.22, 0.36)
    frame = _Frame.on(eyes, *half, random.uniform(0, 0.14))
    lenses = np.zeros(picture.shape[:2], np.float32)
    frame.draw_lenses(lenses, 1, square=random.random() < 0.5)
    rims = lenses.copy()
    frame.draw_bridge(rims, 1, random.uniform(0.03, 0.1), above=random.uniform(0, 0.6))
    rims -= lenses
    glass = _glass(picture.shape, frame, light, random)
    worn = _blended(picture.astype(np.float32), glass, lenses * random.uniform(0.85, 1))
    worn = _blended(worn, np.float32(random.uniform(0, 0.6) * light), rims)
    # A drawing is sharper than a photo.
    soft = np.asarray(cv2.GaussianBlur(worn, (0, 0), random.uniform(0.3, 1.5)), np.float32)
    drawn = np.asarray(cv2.dilate(lenses + rims, np.ones((5, 5), np.uint8)), np.float32)
    worn = _blended(worn, soft, drawn)
    return np.clip(worn, 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class _Frame:
    """Where sunglasses sit. centres: (2, 2), x and y of the lenses. angle: of the line through them, degrees. apart:
    distance of the eyes. half_width, half_height: of a lens. All in pixels."""

    centres: NDArray[np.floating]
    angle: float
    apart: float
    half_width: float
    half_height: float

    @classmethod
    def on(cls, eyes: NDArray[np.floating], half_width: float, half_height: float, below: float) -> _Frame:
        """On these eyes; the sizes, and how far the lenses sit below the eyes, are shares of the eyes' distance."""
        across = eyes[1] - eyes[0]
        apart, angle = float(np.hypot(*across)), float(np.degrees(np.arctan2(across[1], across[0])))
        return cls(eyes + below * across @ _TO_MOUTH, angle, apart, half_width * apart, half_height * apart)

    def draw_lenses(self, picture: _Drawn, colour: float | tuple[int, ...], square: bool = False) -> None:
        for x, y in self.centres.tolist():
            if square:
                box = cv2.boxPoints(((x, y), (1.86 * self.half_width, 1.8 * self.half_height), self.angle))
                cv2.fillConvexPoly(picture, box.astype(np.int32), colour, cv2.LINE_AA)
            else:
                axes = max(1, round(self.half_width)), max(1, round(self.half_height))
                cv2.ellipse(picture, (round(x), round(y)), axes, self.angle, 0, 360, colour, -1, cv2.LINE_AA)

    def draw_bridge(self, picture: _Drawn, colour: float | tuple[int, ...], thickness: float, above: float = 0) -> None:
        """thickness: as a share of the eyes' distance. above: how far over the middle of the lenses, as a share of half
        their height."""
        right, left = np.round(self.centres - [0, above * self.half_height]).astype(int).tolist()
        cv2.line(picture, right, left, colour, max(1, round(thickness * self.apart)), cv2.LINE_AA)


def _glass(shape: tuple[int, ...], frame: _Frame, light: float, random: np.random.Generator) -> NDArray[np.float32]:
    """The colours of the lenses, float32 (H, W, 3): tinted, brighter towards the bottom, with a reflection in each."""
    tint = 1 + random.normal(0, 0.12, 3)
    glass = np.full(shape, random.uniform(0.05, 0.5) * light * tint, np.float32)
    if random.random() < 0.5:
        top = frame.centres[:, 1].mean() - frame.half_height
        down = np.clip((np.arange(shape[0]) - top) / max(2 * frame.half_height, 1), 0, 1)[:, None, None]
        glass = glass * random.uniform(0.7, 1) + down * random.uniform(0.1, 0.4) * light * tint
    if random.random() < 0.5:
        half = np.array([frame.half_width, frame.half_height])
        for centre in frame.centres:
            shine = np.zeros(shape[:2], np.float32)
            at = np.round(centre + random.normal(0, 0.5, 2) * half).astype(int).tolist()
            axes = np.maximum(1, half * random.uniform(0.1, 0.6, 2)).astype(int).tolist()
            cv2.ellipse(shine, at, axes, random.uniform(0, 180), 0, 360, 1, -1, cv2.LINE_AA)
            shine = np.asarray(cv2.GaussianBlur(shine, (0, 0), random.uniform(1, 4)), np.float32)
            glass = _blended(glass, np.float32(random.uniform(0.6, 1.2) * light), shine * random.uniform(0.1, 0.6))
    return np.asarray(glass, np.float32)


def _blended(
    below: NDArray[np.float32], above: NDArray[np.floating] | np.float32, cover: NDArray[np.floating]
) -> NDArray[np.float32]:
    """cover: (H, W), 0..1, how much is seen of what is above."""
    share = np.clip(cover, 0, 1)[..., None]
    return np.asarray(below * (1 - share) + above * share, np.float32)
