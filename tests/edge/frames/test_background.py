"""Background threads."""

from __future__ import annotations

import subprocess
import sys
import threading

from edge.frames import start_in_background


def test_a_background_thread_runs_and_does_not_keep_the_process_alive() -> None:
    names: list[str] = []
    thread = start_in_background(lambda: names.append(threading.current_thread().name), "camera of lane-1")
    thread.join(timeout=60)
    assert names == ["camera of lane-1"]
    assert thread.daemon


IN_OPENCV = """
import sys
import threading
import cv2
import numpy as np
from edge.frames.background import end_process, start_in_background

pixels, works = np.zeros((1000, 1000, 3), np.uint8), threading.Event()

def read():
    while True:
        works.set()
        cv2.GaussianBlur(pixels, (0, 0), 9)

start_in_background(read, "camera of lane-1")
works.wait()
print("all is written", end="")
end_process()
"""


def test_a_process_ends_well_while_a_background_thread_is_in_a_library() -> None:
    """Without `end_process` it ends with SIGABRT."""
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", IN_OPENCV], capture_output=True, text=True, check=False, timeout=120
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "all is written", "")
