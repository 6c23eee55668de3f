"""A frame as the setup page shows it: small, with every face beyond recognition, as a JPEG that is never on a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.vision.detectors import DETECTORS, make_detector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.settings.config import Settings
    from edge.vision.detectors import FaceDetector
    from edge.web.view import Sight

_WIDEST_PX = 960
_JPEG_QUALITY = 75

_LEAST_SCORE = 0.3
"""What the lane would not call a face is blurred all the same."""
_BORDER = 0.25
"""The picture is mirrored at its edges by this share, which makes a whole face of half a one: detectors know only
those."""
_ENLARGED = 1.6
"""A detector's box holds brows to chin: an ellipse so much wider, and higher, holds hair, ears and neck as well."""
_BLOCKS = 5
"""So many blocks across are left of it: too few for eyes, nose and mouth."""
_LINGER_S = 1.0
"""Where a face was so long ago it may still be, unseen by the detectors: turned, or behind a hand."""


class Painter:
    """Makes the pictures of one lane. Not thread-safe."""

    def __init__(self, settings: Settings) -> None:
        name = DETECTORS[settings.detector.name].blurs_with
        self._detector = None if settings.web_unblurred else make_detector(name, _LEAST_SCORE)
        self._lately: list[tuple[float, NDArray[np.float32]]] = []

    def paint(self, sight: Sight) -> bytes:
        """The JPEG of a sight, at most 960 pixels wide."""
        pixels = sight.frame.pixels
        scale = min(1.0, _WIDEST_PX / pixels.shape[1])
        small = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        if self._detector:
            found = _find(self._detector, small)
            small = blur(small, self._with_late(np.concatenate([sight.faces.boxes * scale, found]), sight.frame.grab_s))
        return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()

    def close(self) -> None:
        if self._detector:
            self._detector.close()

    def _with_late(self, boxes: NDArray[np.float32], grab_s: float) -> NDArray[np.float32]:
        """These boxes and those of the last second."""
        self._lately = [(seen_s, late) for seen_s, late in self._lately if 0 <= grab_s - seen_s < _LINGER_S]
        self._lately.append((grab_s, boxes))
        return np.concatenate([late for _, late in self._lately])


def _find(detector: FaceDetector, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 (N, 4): boxes where faces may be, those cut off by the picture's edges too."""
    across, down = round(pixels.shape[1] * _BORDER), round(pixels.shape[0] * _BORDER)
    wider = cv2.copyMakeBorder(pixels, down, down, across, across, cv2.BORDER_REFLECT)
    boxes = detector.detect(np.asarray(wider, np.uint8)).boxes - [across, down, across, down]
    return np.asarray(boxes, np.float32)


def blur(pixels: NDArray[np.uint8], boxes: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A copy in which what is in and around the boxes cannot be recognized. pixels: uint8 (H, W, 3); boxes: float32
    (N, 4), which may reach beyond the picture.

    Of each enlarged box only 5 x 5 mean colours are left: what is thrown away cannot be computed back.
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
        # What the picture's edge cuts off takes its blocks with it.
        left_over = np.array(region.shape[1::-1]) / (2 * half)
        across, down = np.maximum(1, np.round(_BLOCKS * left_over)).astype(int).tolist()
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
