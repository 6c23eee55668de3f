"""Whoever looks at a camera in the tests, as the agent's capture thread does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from edge.frames import Frame, FrameSource


def in_background(body: Callable[[], None], name: str) -> None:
    """Starts a camera's threads, as the agent does."""
    threading.Thread(target=body, name=name, daemon=True).start()


class Viewer:
    """Reads a camera in a thread and keeps what it gave."""

    def __init__(self, camera: FrameSource) -> None:
        self._camera = camera
        self.frames: list[Frame] = []
        self._reading = threading.Thread(target=self._read, name="viewer", daemon=True)
        self._reading.start()

    @property
    def problem(self) -> str:
        return self._camera.problem

    def wait_for(self, what: Callable[[], object], within_s: float) -> float:
        """Seconds until it is true. Fails when it is not within the time."""
        start_s = time.monotonic()
        while not what():
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
