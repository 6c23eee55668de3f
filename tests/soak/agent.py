"""The real agent on a fast clock, with a camera that fails every five minutes."""

from __future__ import annotations

import itertools
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.agent.agent import Agent
from edge.agent.memory import limit_arenas
from edge.errors import RunError
from edge.frames import Camera, start_in_background
from edge.frames.background import end_process
from edge.settings.load import load_settings

Picture = NDArray[np.uint8]
RATE = 15
_EMPTY_S = 6.0
"""The lane is empty for this long between two customers."""
_FAULT_EVERY_S, _FAULT_S = 300.0, 20.0


def run_the_clock(speed: float) -> None:
    """Replace `time.monotonic` by a clock that is `speed` times as fast."""
    real, start_s = time.monotonic, time.monotonic()
    time.monotonic = lambda: start_s + (real() - start_s) * speed


class FailingCamera:
    """An open camera that shows one customer after the other, and fails every five minutes."""

    has_grab_times = False

    def __init__(self, pictures: list[Picture], speed: float, empty_s: float = _EMPTY_S) -> None:
        self._pictures, self._speed, self._empty_s = pictures, speed, empty_s
        self._frames = itertools.count()
        self._before = pictures[0]
        # The empty lane has lines, like shelves, where the customer would be.
        self._nobody = np.asarray(cv2.GaussianBlur(pictures[0], (0, 0), 30), np.uint8)
        self._nobody[::20] //= 2

    def read(self) -> tuple[Picture | None, float]:
        number = next(self._frames)
        time.sleep(1 / RATE / self._speed)
        now_s = time.monotonic()
        faults: list[Callable[[], Picture | None]] = [self._end, self._hang, self._black, self._frozen, self._damaged]
        which, into_s = divmod(now_s, _FAULT_EVERY_S)
        if into_s < _FAULT_S:
            return faults[int(which) % len(faults)](), now_s
        self._before = self._scene(number, now_s)
        return self._before, now_s

    def close(self) -> None:
        pass

    def _scene(self, number: int, now_s: float) -> Picture:
        """The clip, then an empty lane, repeatedly; always with sensor noise."""
        shown = len(self._pictures) / RATE
        into_s = now_s % (shown + self._empty_s)
        picture = self._pictures[int(into_s * RATE)] if into_s < shown else self._nobody
        noisy = picture.copy()
        noisy[number % 7 :: 7] += np.uint8(3)
        return noisy

    def _end(self) -> Picture:
        raise RunError("the stream has ended")

    def _hang(self) -> Picture:
        threading.Event().wait(_FAULT_S / self._speed)
        return self._before

    def _black(self) -> Picture:
        return np.zeros_like(self._before)

    def _frozen(self) -> Picture:
        return self._before

    def _damaged(self) -> None:
        return None


def pictures_of(clip: Path) -> list[Picture]:
    """Every second frame of a clip: 15 of its 30 frames/s."""
    capture, pictures = cv2.VideoCapture(str(clip)), []
    while (read := capture.read())[0]:
        pictures.append(np.asarray(read[1], np.uint8))
    capture.release()
    return pictures[::2]


def main() -> None:
    limit_arenas()
    clip, folder, speed = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    pictures = pictures_of(clip)
    run_the_clock(speed)
    sockets = ["--till.reliable", f"ipc://{folder}/lane", "--till.live", f"ipc://{folder}/live"]
    own = ["--state-dir", str(folder / "lane-1"), "--metrics.listen", "127.0.0.1:0"]
    settings = load_settings(["--camera", "test:", *own, *sockets])

    camera = Camera("soak", "lane-1", lambda: FailingCamera(pictures, speed), start_in_background, patient=True)
    agent = Agent(settings, sources=[camera])
    signal.signal(signal.SIGTERM, lambda *_: agent.stop())
    agent.run()
    end_process()


if __name__ == "__main__":
    main()
