"""The latest frame: a one-slot buffer between the capture thread and the pipeline."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.frames.frame import Frame, FrameSource


class LatestFrame:
    """A buffer for one frame: a new frame replaces the old one, and nothing queues. Thread-safe."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._frame: Frame | None = None
        self._put_s = 0.0
        self._ended = False
        self.dropped = 0
        """Frames that were replaced before anybody took them."""
        self.waited_s = 0.0
        """How long the last taken frame had waited here, in seconds."""

    def put(self, frame: Frame) -> None:
        with self._ready:
            self.dropped += self._frame is not None
            self._frame, self._put_s = frame, time.monotonic()
            self._ready.notify()

    def end(self) -> None:
        """Mark the end: no frame will follow."""
        with self._ready:
            self._ended = True
            self._ready.notify()

    @property
    def ended(self) -> bool:
        """True once the last frame has been taken."""
        with self._ready:
            return self._ended and self._frame is None

    def take(self, timeout_s: float) -> Frame | None:
        """The newest frame; waits for it. None after `timeout_s` seconds, and at once after the end."""
        with self._ready:
            self._ready.wait_for(lambda: self._frame is not None or self._ended, timeout_s)
            frame, self._frame = self._frame, None
            self.waited_s = time.monotonic() - self._put_s
            return frame


def capture(source: FrameSource, slot: LatestFrame, stopping: threading.Event) -> None:
    """The body of the capture thread: move frames from `source` to `slot` until the source ends or `stopping` is set.

    The thread that reads a source also closes it: OpenCV cannot do both at once. Raises what `source.read` raises.
    """
    try:
        while not stopping.is_set() and (frame := source.read()) is not None:
            slot.put(frame)
    finally:
        slot.end()
        source.close()
