"""Background threads."""

from __future__ import annotations

import threading

from edge.frames import start_in_background


def test_a_background_thread_runs_and_does_not_keep_the_process_alive() -> None:
    names: list[str] = []
    thread = start_in_background(lambda: names.append(threading.current_thread().name), "camera of lane-1")
    thread.join(timeout=60)
    assert names == ["camera of lane-1"]
    assert thread.daemon
