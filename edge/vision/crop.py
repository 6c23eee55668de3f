"""The crop contract: turns a face in a frame into the age model's 224x224 input.

Training, evaluation and the lane all call `align`. Any change here needs a new `CROP_CONTRACT`: a model
bundle names the contract that it was trained with, and is rejected under another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.vision.faces import LEFT_EYE, MOUTH, RIGHT_EYE

if TYPE_CHECKING:
    from numpy.typing import NDArray

CROP_CONTRACT = "eyes-mouth-0.30/1"
CROP_PX = 224

EYE_TO_MOUTH = 0.30
"""Distance from the middle of the eyes to the mouth, as a share of the crop. Measured: at 0.30 the crop shows the whole
head, and a network estimated ages with a year less error than at the usual tight 0.43."""

_EYES_DOWN = 0.44
_EYE_HALF_GAP = EYE_TO_MOUTH * 0.46
TEMPLATE = np.array(
    [
        [0.5 - _EYE_HALF_GAP, _EYES_DOWN],
        [0.5 + _EYE_HALF_GAP, _EYES_DOWN],
        [0.5, _EYES_DOWN + EYE_TO_MOUTH],
    ],
    np.float32,
)
"""Where the right eye, the left eye and the mouth are in the crop: x y, as shares of its side."""


def similarity(keypoints: NDArray[np.floating], crop_px: int = CROP_PX) -> NDArray[np.float32]:
    """The similarity transform (rotation, scale, shift) that maps a face's keypoints onto `TEMPLATE`.

    keypoints: (4, 2) as in `Faces.keypoints`, pixels. Returns float32 (2, 3), from frame pixels to crop pixels: the
    least-squares fit to both eyes and the mouth (Umeyama 1991; in two dimensions it is one complex division). The nose
    is not used: it lies outside the plane of the face and would tilt turned heads. Raises ValueError when the points
    coincide.
    """
    target = (TEMPLATE * crop_px - 0.5).astype(np.float64) @ [1, 1j]
    source = keypoints[[RIGHT_EYE, LEFT_EYE, MOUTH]].astype(np.float64) @ [1, 1j]
    source_centre, target_centre = source.mean(), target.mean()
    spread = source - source_centre
    size = float(np.vdot(spread, spread).real)
    if not size > 1e-6:
        raise ValueError("the keypoints of a face coincide: no crop can be made")
    turn = np.vdot(spread, target - target_centre) / size
    shift = target_centre - turn * source_centre
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]], np.float32)


def align(
    frame: NDArray[np.uint8],
    keypoints: NDArray[np.floating],
    *,
    out: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Cut one face out of a BGR frame, upright and at the contract's size.

    frame: uint8 (H, W, 3) BGR. keypoints: (4, 2) in frame pixels. Returns uint8 (224, 224, 3) RGB, in `out` when
    given. Parts outside the frame are black. Faces more than twice the crop's scale are first shrunk by area averaging,
    because bilinear sampling alone would alias. Raises ValueError when the keypoints coincide.
    """
    transform = similarity(keypoints)
    scale = float(np.hypot(transform[0, 0], transform[1, 0]))
    if scale < 0.5:
        frame, transform = _shrink(frame, transform, scale)
    crop = cv2.warpAffine(frame, transform, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR, borderValue=(0, 0, 0))
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2RGB, dst=out), np.uint8)


def alignable(keypoints: NDArray[np.floating]) -> NDArray[np.bool_]:
    """bool (N,): which faces are large enough for `align`: at least two pixels from eyes to mouth. keypoints: (N, 4,
    2), pixels."""
    down = keypoints[:, MOUTH] - (keypoints[:, RIGHT_EYE] + keypoints[:, LEFT_EYE]) / 2
    return np.asarray(np.hypot(down[:, 0], down[:, 1]) >= 2)


def align_all(frame: NDArray[np.uint8], keypoints: NDArray[np.floating]) -> NDArray[np.uint8]:
    """`align` every face of a frame. keypoints: (N, 4, 2). Returns one buffer, uint8 (N, 224, 224, 3) RGB."""
    crops = np.empty((len(keypoints), CROP_PX, CROP_PX, 3), np.uint8)
    for crop, points in zip(crops, keypoints, strict=True):
        align(frame, points, out=crop)
    return crops


def _shrink(
    frame: NDArray[np.uint8], transform: NDArray[np.float32], scale: float
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Shrink the part of the frame that the crop shows, by averaging blocks of pixels, and adapt the transform."""
    block = int(1 / scale)
    to_frame = cv2.invertAffineTransform(transform)
    corners = np.array([[0, 0, 1], [CROP_PX, 0, 1], [0, CROP_PX, 1], [CROP_PX, CROP_PX, 1]], np.float32) @ to_frame.T
    height, width = frame.shape[:2]
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)).astype(int) - block, 0)
    x1, y1 = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + block, (width, height))
    columns, rows = (x1 - x0) // block, (y1 - y0) // block
    if columns < 1 or rows < 1:
        return frame, transform
    part = frame[y0 : y0 + rows * block, x0 : x0 + columns * block]
    small = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    # Pixel centres: small pixel (u, v) is frame pixel (x0 + u * block + (block - 1) / 2, ...).
    offset = np.array([x0, y0], np.float32) + (block - 1) / 2
    shift = transform[:, :2] @ offset + transform[:, 2]
    return np.asarray(small, np.uint8), np.column_stack([transform[:, :2] * block, shift]).astype(np.float32)
