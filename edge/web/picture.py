"""Makes the setup page's picture of a frame: a small JPEG with every face blurred, never written to disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.frames.geometry import turned
from edge.vision.detectors import DETECTORS, make_detector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.settings.config import Settings
    from edge.vision.detectors import FaceDetector
    from edge.web.view import Snapshot

_MAX_WIDTH_PX = 960
_JPEG_QUALITY = 75

_LEAST_SCORE = 0.3
"""Below the lane's own threshold: blur even what is only suspected to be a face."""
_BORDER = 0.25
"""Share by which the picture is mirrored at its edges: it completes a face that is cut off, so that a detector finds
it."""
_ENLARGED = 1.6
"""A detector's box reaches from brows to chin. An ellipse this many times as wide and high covers hair, ears and neck
too."""
_BLOCKS = 5
"""Blocks of colour across a blurred face: too few to show eyes, nose and mouth."""
_TURNED_PX = 320
"""Long side of the picture in which faces are searched that are not upright. It keeps three more searches cheap."""
_LINGER_S = 1.0
"""Where a face was this recently it may still be, unseen by the detectors: turned away, or behind a hand."""


class Painter:
    """Makes the pictures of one lane. Not thread-safe."""

    def __init__(self, settings: Settings) -> None:
        name = DETECTORS[settings.detector.name].blurs_with
        self._detector = None if settings.web_unblurred else make_detector(name, _LEAST_SCORE)
        self._recent: list[tuple[float, NDArray[np.float32]]] = []

    def paint(self, snapshot: Snapshot) -> bytes:
        """The JPEG of a snapshot, at most 960 pixels wide."""
        pixels = snapshot.frame.pixels
        scale = min(1.0, _MAX_WIDTH_PX / pixels.shape[1])
        small = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        if self._detector:
            found = _find_in_any_turn(self._detector, small)
            boxes = np.concatenate([snapshot.faces.boxes * scale, found])
            small = blur(small, self._with_recent(boxes, snapshot.frame.grab_s))
        return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()

    def close(self) -> None:
        if self._detector:
            self._detector.close()

    def _with_recent(self, boxes: NDArray[np.float32], grab_s: float) -> NDArray[np.float32]:
        """These boxes and those of the last second."""
        self._recent = [(seen_s, old) for seen_s, old in self._recent if 0 <= grab_s - seen_s < _LINGER_S]
        self._recent.append((grab_s, boxes))
        return np.concatenate([recent for _, recent in self._recent])


def _find_in_any_turn(detector: FaceDetector, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """As `_find`; in a picture without an upright face also those on their side or upside down, as from a camera that
    is not set up yet."""
    upright = _find(detector, pixels)
    if len(upright):
        return upright
    scale = min(1.0, _TURNED_PX / max(pixels.shape[:2]))
    small = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    found = [_turned_back(_find(detector, turned(small, turn)), turn, small) / scale for turn in (90, 180, 270)]
    return np.concatenate(found).astype(np.float32)


def _turned_back(boxes: NDArray[np.float32], turn: int, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Boxes from a picture that was turned clockwise, in the picture before. pixels: before."""
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = boxes.T
    if turn == 90:
        x0, y0, x1, y1 = y0, height - x1, y1, height - x0
    elif turn == 180:
        x0, y0, x1, y1 = width - x1, height - y1, width - x0, height - y0
    else:
        x0, y0, x1, y1 = width - y1, x0, width - y0, x1
    return np.stack([x0, y0, x1, y1], axis=1)


def _find(detector: FaceDetector, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 (N, 4): boxes of possible faces, including those cut off at the picture's edges."""
    across, down = round(pixels.shape[1] * _BORDER), round(pixels.shape[0] * _BORDER)
    wider = cv2.copyMakeBorder(pixels, down, down, across, across, cv2.BORDER_REFLECT)
    boxes = detector.detect(np.asarray(wider, np.uint8)).boxes - [across, down, across, down]
    return np.asarray(boxes, np.float32)


def blur(pixels: NDArray[np.uint8], boxes: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A copy of a picture with all boxes, enlarged, made unrecognisable.

    pixels: uint8 (H, W, 3). boxes: float32 (N, 4); they may reach beyond the picture. Only 5 x 5 mean colours of each
    enlarged box are kept, so that the face cannot be restored.
    """
    height, width = pixels.shape[:2]
    blurred = pixels.copy()
    for box in boxes:
        centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2 * _ENLARGED
        left, top = np.clip(np.floor(centre - half), 0, [width, height]).astype(int)
        right, bottom = np.clip(np.ceil(centre + half), 0, [width, height]).astype(int)
        if right <= left or bottom <= top:
            continue
        region = pixels[top:bottom, left:right]
        # A box that is cut off at the picture's edge gets proportionally fewer blocks.
        share = np.array(region.shape[1::-1]) / (2 * half)
        across, down = np.maximum(1, np.round(_BLOCKS * share)).astype(int).tolist()
        blocks = cv2.resize(region, (across, down), interpolation=cv2.INTER_AREA)
        mask = np.zeros(region.shape[:2], np.uint8)
        middle = (float(centre[0] - left), float(centre[1] - top))
        cv2.ellipse(mask, (middle, (float(2 * half[0]), float(2 * half[1])), 0.0), 255, cv2.FILLED)
        np.copyto(
            blurred[top:bottom, left:right],
            cv2.resize(blocks, region.shape[1::-1], interpolation=cv2.INTER_LINEAR),
            where=mask[..., np.newaxis] > 0,
        )
    return blurred
