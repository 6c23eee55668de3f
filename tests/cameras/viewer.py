"""Reads a camera in a thread, as the agent's capture thread does."""

from __future__ import annotations

import time
from collections.abc import Callable

from edge.frames import Frame, FrameSource, start_in_background


class Viewer:
    """Reads a camera in a thread and keeps its frames."""

    def __init__(self, camera: FrameSource) -> None:
        self._camera = camera
        self.frames: list[Frame] = []
        self._reading = start_in_background(self._read, "viewer")

    @property
    def problem(self) -> str:
        return self._camera.problem

    def wait_for(self, condition: Callable[[], object], within_s: float) -> float:
        """Wait until the condition is true. Returns the seconds; fails after `within_s`."""
        start_s = time.monotonic()
        while not condition():
            waited_s = time.monotonic() - start_s
            assert waited_s < within_s, f"not within {within_s} s; {len(self.frames)} frames, problem {self.problem!r}"
            time.sleep(0.01)
        return time.monotonic() - start_s

    def close(self) -> None:
        self._camera.close()
        self._reading.join(5)

    def _read(self) -> None:
        while frame := self._camera.read():
            self.frames.append(frame)
