"""A camera that fails and comes back: watched, and opened again and again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from edge.errors import RunError
from edge.frames.stream import Stream
from edge.frames.watch import PictureWatch

if TYPE_CHECKING:
    from edge.frames.frame import Frame
    from edge.frames.stream import Capture

log = logging.getLogger(__name__)

NO_PICTURE = "the camera gives no picture{why}: check its power, its cable, the network"

_FIRST_PICTURE_S = 10.0
_PROBLEM_S = 1.0
"""Without a picture for so long the lane is blind, and the tills are told why."""
_CAMERA_SILENT_S = 2.0
"""A camera that is silent for so long is opened again."""
_OPENING_S = 10.0
"""So long opening may take: a USB camera needs seconds."""
_REOPEN_S = 1.0
"""From one opening to the next, at least."""
_USELESS_S = 30.0
"""A camera that sends pictures but none of the lane is opened again that often: it may have got stuck."""
_MOST_BLOCKED = 8
"""So many threads may wait for drivers that do not return; the camera is opened again when one of them does."""
_LOOK_EVERY_S = 0.1
_GOODBYE_S = 1.0

StartThread = Callable[[Callable[[], None], str], object]
"""Starts a thread that ends with the process, from its body and its name."""


class Camera:
    """A camera that is opened again by itself when it stops giving pictures; those that show nothing are kept back.

    A read that blocks cannot be interrupted. So each opening is read in a thread of its own, and left to itself when
    nothing comes of it.
    """

    def __init__(
        self, name: str, lane: str, open_capture: Callable[[], Capture],
        start: StartThread, *, patient: bool = False,
    ) -> None:  # fmt: skip
        """name: of the camera, for people. open_capture: opens it, see `Stream`. patient: one that is not there yet is
        waited for, like one that is lost; otherwise RunError is raised when no picture comes."""
        self._name, self._lane, self._open_capture, self._start = name, lane, open_capture, start
        self._numbers = count()
        self._watch = PictureWatch()
        self._closed = threading.Event()
        self._blocked: list[Stream] = []
        self._fault_before = NO_PICTURE.format(why="")
        self.problem = ""
        """Why the lane is blind, in one sentence for the tills; empty while it is not."""
        self._stream = self._open()
        self._good_s = time.monotonic()
        if patient:
            return
        if not self._stream.answered.wait(_FIRST_PICTURE_S) or self._stream.ended.is_set():
            self.close()
            reason = self._stream.end_reason or f"nothing came for {_FIRST_PICTURE_S:.0f} s"
            raise RunError(f"camera {name} gives no picture: is it plugged in, and is the source right? ({reason})")
        self._good_s = time.monotonic()

    def read(self) -> Frame | None:
        """The next picture that shows the lane as it is now; None once the camera is closed."""
        while not self._closed.is_set():
            frame = self._stream.latest.take(_LOOK_EVERY_S)
            now_s = time.monotonic()
            if frame:
                self._good_s = now_s
                self._say("")
                return frame
            if now_s - self._good_s > _PROBLEM_S:
                self._say(self._fault(now_s))
            self._tend(now_s)
        return None

    def close(self) -> None:
        """May be called from any thread, and more than once."""
        self._closed.set()
        self._stream.let_go()
        # A thread that returns from a driver while the process ends can take the process down with it.
        self._stream.ended.wait(_GOODBYE_S)

    def _open(self) -> Stream:
        stream = Stream(self._open_capture, self._watch, self._lane, self._numbers)
        self._start(stream.run, f"camera of {self._lane}")
        return stream

    def _tend(self, now_s: float) -> None:
        """Open the camera again if there is nothing to hope for from its last opening."""
        stream = self._stream
        silent = now_s - stream.heard_s > (_CAMERA_SILENT_S if stream.opened else _OPENING_S)
        useless = now_s - max(self._good_s, stream.opening_s) > _USELESS_S
        lost = stream.ended.is_set() or silent or useless
        blocked = [one for one in (*self._blocked, stream) if not one.ended.is_set()]
        if lost and now_s - stream.opening_s >= _REOPEN_S and len(blocked) <= _MOST_BLOCKED:
            stream.let_go()
            self._fault_before = self._fault(now_s)
            self._blocked, self._stream = blocked, self._open()
            # `close` may have come meanwhile, and have let the one before go.
            if self._closed.is_set():
                self._stream.let_go()

    def _fault(self, now_s: float) -> str:
        """Why there is no picture that shows the lane."""
        stream = self._stream
        if not stream.answered.is_set():
            return self._fault_before
        if stream.ended.is_set():
            return NO_PICTURE.format(why=f" ({stream.end_reason})" if stream.end_reason else "")
        return stream.fault if stream.fault and now_s - stream.heard_s < _PROBLEM_S else NO_PICTURE.format(why="")

    def _say(self, problem: str) -> None:
        if problem == self.problem:
            return
        self.problem = problem
        if problem:
            log.warning("camera %s: %s", self._name, problem)
        else:
            log.info("camera %s: it gives pictures again", self._name)
