"""The one-slot latest frame between threads: the newest wins and nothing queues."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.frames.frame import Frame, FrameSource


class LatestFrame:
    """One slot between the capture thread and the pipeline: the newest frame wins and nothing queues."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._frame: Frame | None = None
        self._ended = False
        self.dropped = 0
        """Frames that a newer one replaced before anybody looked."""

    def put(self, frame: Frame) -> None:
        with self._ready:
            self.dropped += self._frame is not None
            self._frame = frame
            self._ready.notify()

    def end(self) -> None:
        """Say that no frame will follow."""
        with self._ready:
            self._ended = True
            self._ready.notify()

    @property
    def ended(self) -> bool:
        """True once the last frame has been taken."""
        with self._ready:
            return self._ended and self._frame is None

    def take(self, timeout_s: float) -> Frame | None:
        """The newest frame, or None when none comes within the time."""
        with self._ready:
            self._ready.wait_for(lambda: self._frame is not None or self._ended, timeout_s)
            frame, self._frame = self._frame, None
            return frame


def capture(source: FrameSource, slot: LatestFrame, stopping: threading.Event) -> None:
    """What the capture thread does: move frames from the source into the slot until it ends or is to stop.

    The thread that reads a source is also the one that closes it: OpenCV cannot do both at once.
    """
    try:
        while not stopping.is_set() and (frame := source.read()) is not None:
            slot.put(frame)
    finally:
        slot.end()
        source.close()
