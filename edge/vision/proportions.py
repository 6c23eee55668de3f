"""The proportions of a face: how broad it is, compared with faces in pictures that are neither squeezed nor stretched.

A detector's keypoints hardly show this. It has learned natural faces, and shifts the keypoints there: in a picture
squeezed to 75 % of its width, the distance between the eyes shrinks by 8 % only, compared with that to the mouth. The
directions of the edges in the aligned face do show it. The estimate is a linear function of them, which `edge-train
breadth` fits.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.vision.crop import CROP_PX

if TYPE_CHECKING:
    from numpy.typing import NDArray

BREADTH_WEIGHTS = Path(__file__).parent.parent / "models" / "proportions" / "breadth.npz"

_ROWS, _COLUMNS = slice(int(0.29 * CROP_PX), int(0.89 * CROP_PX)), slice(int(0.2 * CROP_PX), int(0.8 * CROP_PX))
"""The part of a crop that shows the face from the brows to the chin and from ear to ear."""

_SIDE_PX = 64
_EDGES = cv2.HOGDescriptor((_SIDE_PX, _SIDE_PX), (16, 16), (8, 8), (8, 8), 9)
"""Histograms of oriented gradients (Dalal and Triggs, CVPR 2005): 9 directions in cells of 8 px, normalised in blocks
of 2x2 cells and therefore independent of light."""

EDGES = 1764
"""Number of values that describe the edges of a face."""


def edge_directions(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The directions of the edges in a face, float32 (1764,). crop: uint8 (224, 224, 3) RGB from `align`."""
    face = cv2.resize(crop[_ROWS, _COLUMNS], (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(_EDGES.compute(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)), np.float32).ravel()


def breadth(crop: NDArray[np.uint8]) -> float:
    """How broad a face is: 1 natural, 0.75 in a picture squeezed to 75 % of its width, 1.33 to 75 % of its height.

    An estimate: that of one natural face is within 0.8 and 1.25 in nearly all cases. crop: uint8 (224, 224, 3) RGB from
    `align`.
    """
    weights, bias = _weights()
    return float(np.exp(edge_directions(crop) @ weights + bias))


@cache
def _weights() -> tuple[NDArray[np.float32], float]:
    with np.load(BREADTH_WEIGHTS, allow_pickle=False) as file:
        return file["weights"], float(file["bias"])
