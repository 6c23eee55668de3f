"""One opening of a camera, read in a thread of its own, which can be left to itself when the driver never returns."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

import cv2

from edge.errors import RunError
from edge.frames.backlog import Backlog
from edge.frames.frame import Frame
from edge.frames.latest import LatestFrame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from edge.frames.watch import PictureWatch

DAMAGED = "the camera's pictures arrive damaged: check its cable and the network"


class Capture(Protocol):
    """An opened camera, used by one thread."""

    def read(self) -> tuple[NDArray[np.uint8] | None, float]:
        """The next picture, uint8 (H, W, 3) BGR, or None when it came damaged; and its time in seconds of the camera's
        clock. May block for ever. Raises RunError when there will be no more."""

    def close(self) -> None:
        """Let the camera go."""


class Stream:
    """One opening of a camera. `run` is for its thread, everything else for others."""

    def __init__(
        self, open_capture: Callable[[], Capture], watch: PictureWatch, lane: str, numbers: Iterator[int]
    ) -> None:
        """open_capture: may block for ever; raises RunError for a camera that is not there. numbers: of the frames."""
        self._open_capture, self._watch, self._lane, self._numbers = open_capture, watch, lane, numbers
        self._let_go = threading.Event()
        self.latest = LatestFrame()
        """Frames that show the lane as it is now."""
        self.opening_s = self.heard_s = time.monotonic()
        """When opening it began, and when something last came of it, in seconds of the monotonic clock."""
        self.opened = False
        self.answered, self.ended = threading.Event(), threading.Event()
        """Set with the first picture, good or not; and once no more will come. A stream that ends has answered."""
        self.fault, self.end_reason = "", ""
        """What is wrong with the last picture, in one sentence; and why the stream has ended, in a few words."""

    def run(self) -> None:
        """Open the camera and read it until it ends or is let go."""
        try:
            self._read()
        except (RunError, cv2.error) as problem:
            self.end_reason = str(problem)
        finally:
            self.ended.set()
            self.answered.set()

    def let_go(self) -> None:
        """End after the read in hand, whenever that is, and deliver nothing more."""
        self._let_go.set()

    def _read(self) -> None:
        backlog = Backlog(self.opening_s)
        capture = self._open_capture()
        try:
            self.opened, self.heard_s = True, time.monotonic()
            while not self._let_go.is_set():
                pixels, stream_s = capture.read()
                now_s = time.monotonic()
                if self._let_go.is_set() or (pixels is not None and backlog.is_old(now_s, stream_s)):
                    continue
                self.fault = DAMAGED if pixels is None else self._watch.fault(pixels, now_s)
                if pixels is not None and not self.fault:
                    self.latest.put(Frame(pixels, now_s, next(self._numbers), self._lane))
                self.heard_s = now_s
                self.answered.set()
        finally:
            capture.close()
