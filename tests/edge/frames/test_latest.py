"""The latest frame: a new frame replaces the old one, nothing queues, and waiting ends at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from edge.frames import Frame, LatestFrame, MovingPattern, capture

FrameAt = Callable[..., Frame]


class FewFrames:
    """The moving pattern with a limited number of frames."""

    problem = ""

    def __init__(self, count: int) -> None:
        self._pattern, self._left = MovingPattern("lane-1"), count
        self.closed = False

    def read(self) -> Frame | None:
        self._left -= 1
        return self._pattern.read() if self._left >= 0 else None

    def close(self) -> None:
        self.closed = True


def test_a_new_frame_replaces_the_old_one_which_counts_as_dropped(frame_at: FrameAt) -> None:
    slot = LatestFrame()
    for sequence in range(4):
        slot.put(frame_at(sequence / 30, sequence))
    taken = slot.take(timeout_s=0)
    assert taken is not None
    assert (taken.sequence, slot.dropped) == (3, 3)


def test_a_frame_is_taken_only_once(frame_at: FrameAt) -> None:
    slot = LatestFrame()
    slot.put(frame_at(0))
    assert slot.take(0) is not None
    assert slot.take(0) is None
    assert slot.dropped == 0


def test_a_frame_that_is_taken_has_waited_since_it_was_put(frame_at: FrameAt) -> None:
    slot = LatestFrame()
    slot.put(frame_at(0))
    time.sleep(0.2)
    slot.take(0)
    assert slot.waited_s >= 0.2
    slot.put(frame_at(0))
    slot.take(0)
    assert slot.waited_s < 0.2


def test_the_last_frame_can_be_taken_after_the_end(frame_at: FrameAt) -> None:
    slot = LatestFrame()
    slot.put(frame_at(0))
    slot.end()
    assert not slot.ended
    assert slot.take(0) is not None
    assert slot.ended


def test_a_waiting_thread_gets_the_next_frame(frame_at: FrameAt) -> None:
    slot, taken = LatestFrame(), list[Frame | None]()
    waiting = threading.Thread(target=lambda: taken.append(slot.take(timeout_s=60)))
    waiting.start()
    slot.put(frame_at(0, sequence=8))
    waiting.join(timeout=60)
    assert [frame.sequence for frame in taken if frame] == [8]


def test_a_waiting_thread_returns_at_the_end() -> None:
    slot = LatestFrame()
    ending = threading.Thread(target=slot.end)
    ending.start()
    assert slot.take(timeout_s=600) is None
    ending.join()
    assert slot.ended


def test_capture_moves_every_frame_then_ends_the_slot_and_closes_the_source() -> None:
    source, slot = FewFrames(5), LatestFrame()
    capture(source, slot, threading.Event())
    last = slot.take(0)
    assert last is not None
    assert (last.sequence, slot.dropped, slot.ended, source.closed) == (4, 4, True, True)


def test_capture_stops_on_request_and_closes_the_source_itself() -> None:
    source, slot, stopping = FewFrames(5), LatestFrame(), threading.Event()
    stopping.set()
    capture(source, slot, stopping)
    assert slot.take(0) is None
    assert (slot.ended, source.closed) == (True, True)


def test_an_exception_of_the_source_ends_the_slot_too() -> None:
    class Broken(FewFrames):
        def read(self) -> Frame | None:
            raise RuntimeError("the driver is gone")

    source, slot = Broken(1), LatestFrame()
    with pytest.raises(RuntimeError, match="driver"):
        capture(source, slot, threading.Event())
    assert slot.ended
    assert source.closed
