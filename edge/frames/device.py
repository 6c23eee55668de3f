"""Cameras attached to this box, through OpenCV: V4L2 devices and GStreamer pipelines."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.commands import is_utf8
from edge.errors import RunError
from edge.language.words import words

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DEVICE_GONE_S = 1.0
"""One damaged picture makes one read fail. A device whose reads fail for this long is gone."""
_READ_AGAIN_S = 0.02


class Device:
    """A `Capture` from an OpenCV device."""

    has_grab_times = False

    def __init__(self, target: int | str, backend: int) -> None:
        """target: device number, device path or pipeline. backend: one of OpenCV's `CAP_*` constants.

        Raises RunError when the device cannot be opened.
        """
        if isinstance(target, str) and not is_utf8(target):
            raise RunError(words("its name is not UTF-8"))
        self._capture = cv2.VideoCapture(target, backend)
        if not self._capture.isOpened():
            raise RunError(words("no such device"))
        # Old pictures are useless here, so ask the driver not to queue any.
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def read(self) -> tuple[NDArray[np.uint8], float]:
        """The next picture, uint8 (H, W, 3) BGR, and its time in seconds. May block for ever. Raises RunError when the
        device has gone."""
        give_up_s = time.monotonic() + _DEVICE_GONE_S
        while True:
            ok, pixels = self._capture.read()
            if ok:
                return np.asarray(pixels, np.uint8), self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if time.monotonic() > give_up_s:
                raise RunError(words("the device has gone"))
            time.sleep(_READ_AGAIN_S)

    def close(self) -> None:
        self._capture.release()
