"""One attempt to open and read a camera, in a thread of its own that can be abandoned if the driver never returns."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

import cv2

from edge.errors import RunError
from edge.frames.backlog import Backlog
from edge.frames.frame import Frame
from edge.frames.latest import LatestFrame
from edge.language.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from edge.frames.watch import PictureWatch


class Capture(Protocol):
    """An open camera: what a new kind of camera implements. One thread opens, reads and closes it.

    The constructor opens the camera. It may block for ever; it raises RunError with a few words, without a password,
    when the camera cannot be opened.
    """

    has_grab_times: bool
    """Whether `read` returns times of `time.monotonic` at which the pictures were grabbed. Otherwise a picture counts
    as grabbed when it arrives."""

    def read(self) -> tuple[NDArray[np.uint8] | None, float]:
        """The next picture, uint8 (H, W, 3) BGR, or None when it is damaged; and its time in seconds of the camera's
        clock, which may start anywhere, drift and jump. The caller owns the array. Where the stream declares the shape
        of its pixels or a turn, the picture has square pixels and is upright (`edge.frames.geometry`).

        May block for ever. Raises RunError, with a few words that say why, when no more pictures will come.
        """

    def close(self) -> None:
        """Release the camera. Called once, by the thread that reads."""


class Stream:
    """One attempt to open and read a camera. `run` is for its thread, everything else for other threads."""

    def __init__(
        self, open_capture: Callable[[], Capture], watch: PictureWatch, lane: str, numbers: Iterator[int]
    ) -> None:
        """open_capture: may block for ever; raises RunError when the camera cannot be opened. numbers: the frames'
        sequence numbers."""
        self._open_capture, self._watch, self._lane, self._numbers = open_capture, watch, lane, numbers
        self._stopping = threading.Event()
        self.latest = LatestFrame()
        """Frames that show the lane as it is now."""
        self.opening_s = self.active_s = time.monotonic()
        """When opening began, and when the camera last did anything, in seconds of the monotonic clock."""
        self.opened = False
        self.responded, self.ended = threading.Event(), threading.Event()
        """responded: set at the first picture, good or bad, and at the end. ended: set when no more will come."""
        self.end_reason = ""
        """Why the stream ended, in a few words."""

    def run(self) -> None:
        """Open the camera and read it until it ends or `stop` is called."""
        try:
            self._read()
        except RunError as problem:
            self.end_reason = str(problem)
        except cv2.error:
            self.end_reason = words("its pictures cannot be decoded")
        finally:
            self.ended.set()
            self.responded.set()

    def stop(self) -> None:
        """End after the current read, whenever it returns, and deliver nothing more."""
        self._stopping.set()

    def _read(self) -> None:
        backlog = Backlog(self.opening_s)
        capture = self._open_capture()
        try:
            self.opened, self.active_s = True, time.monotonic()
            while not self._stopping.is_set():
                pixels, stream_s = capture.read()
                now_s = time.monotonic()
                if self._stopping.is_set() or (pixels is not None and backlog.is_old(now_s, stream_s)):
                    continue
                fault = self._watch.fault(pixels, now_s)
                if pixels is not None and not fault:
                    grab_s = stream_s if capture.has_grab_times else now_s
                    self.latest.put(Frame(pixels, grab_s, next(self._numbers), self._lane))
                self.active_s = now_s
                self.responded.set()
        finally:
            capture.close()
