"""Reads a camera in a thread, as the agent's capture thread does."""

from __future__ import annotations

import time
from collections.abc import Callable

from edge.frames import Frame, FrameSource, start_in_background

WITHIN_S = 90.0
"""A busy machine interrupts the pictures, too, and that remains a problem for a minute."""


class Viewer:
    """Reads a camera in a thread and keeps its frames."""

    def __init__(self, camera: FrameSource) -> None:
        self._camera = camera
        self.frames: list[Frame] = []
        self._reading = start_in_background(self._read, "viewer")

    @property
    def problem(self) -> str:
        return self._camera.problem

    def wait_for(self, condition: Callable[[], object], meanwhile: Callable[[], object] = lambda: None) -> None:
        """Wait until a condition is true. meanwhile: called again and again until then."""
        end_s = time.monotonic() + WITHIN_S
        while not condition():
            assert time.monotonic() < end_s, f"not within {WITHIN_S:.0f} s; {len(self.frames)} frames, {self.problem!r}"
            meanwhile()
            time.sleep(0.01)

    def close(self) -> None:
        self._camera.close()
        self._reading.join(WITHIN_S)

    def _read(self) -> None:
        while frame := self._camera.read():
            self.frames.append(frame)
