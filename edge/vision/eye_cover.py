"""Whether something covers the eyes of a face: sunglasses hide much of what shows an age.

The estimate is a linear function of the colours around the eyes. `edge-train eyes` fits it, on photos with and without
imitated sunglasses. It needs the eyes where the crop expects them: where a detector is deceived about their place, it
sees nothing.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.vision.crop import CROP_PX, TEMPLATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

EYE_COVER_WEIGHTS = Path(__file__).parent.parent / "models" / "eyes" / "cover.npz"

_ROWS, _COLUMNS = slice(int(0.29 * CROP_PX), int(0.68 * CROP_PX)), slice(int(0.18 * CROP_PX), int(0.82 * CROP_PX))
"""The part of a crop from the forehead to the cheeks and from temple to temple."""

_WIDTH, _HEIGHT = 36, 22
"""Size in pixels to which this part is scaled down."""

COLOURS = _WIDTH * _HEIGHT * 3
"""Number of values that describe the colours around the eyes."""

_CHEEK_DOWN, _CHEEK_HALF = 34, (12, 8)
"""How far the middle of a cheek lies below the eye, and half its width and height, in pixels of the crop."""

_DARKEST_CHEEK, _BRIGHTEST = 10.0, 2.0
"""Cheeks count as no darker, of 255. Colours count as no brighter, as multiples of the cheeks'."""


def colours_around_eyes(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The colours from the forehead to the cheeks, float32 (2376,).

    They are multiples of the cheeks' colour, so that the light and the colour of the skin matter little. crop: uint8
    (224, 224, 3) RGB from `align`.
    """
    part = cv2.resize(crop[_ROWS, _COLUMNS], (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
    cheeks = np.maximum(np.median(_cheeks(crop), axis=0), _DARKEST_CHEEK)
    return np.asarray(np.minimum(part / cheeks, _BRIGHTEST), np.float32).ravel()


def eye_cover(crop: NDArray[np.uint8]) -> float:
    """How much the eyes look covered: about 0 if nothing covers them, about 1 behind sunglasses.

    An estimate. crop: uint8 (224, 224, 3) RGB from `align`.
    """
    weights, bias = _weights()
    return float(colours_around_eyes(crop) @ weights + bias)


def _cheeks(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The pixels of both cheeks, (N, 3)."""
    across, down = _CHEEK_HALF
    middles = [(int(x), int(y) + _CHEEK_DOWN) for x, y in TEMPLATE[:2] * CROP_PX]
    return np.concatenate([crop[y - down : y + down, x - across : x + across].reshape(-1, 3) for x, y in middles])


@cache
def _weights() -> tuple[NDArray[np.float32], float]:
    with np.load(EYE_COVER_WEIGHTS, allow_pickle=False) as file:
        return file["weights"], float(file["bias"])
