"""A camera that is watched, and reopened whenever it fails."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from edge.errors import RunError
from edge.frames.pace import Interruptions
from edge.frames.stream import Stream
from edge.frames.watch import PictureWatch
from edge.language.words import joined, words

if TYPE_CHECKING:
    from edge.frames.frame import Frame
    from edge.frames.stream import Capture

log = logging.getLogger(__name__)

NO_PICTURE = words("the camera gives no picture{why}: check its power, its cable, the network")

_FIRST_PICTURE_S = 10.0
"""How long the constructor waits for the first picture."""
_PROBLEM_S = 1.0
"""After this time without a good picture, `problem` is set and the tills are notified."""
_CAMERA_SILENT_S = 2.0
"""After this time without any picture, an open camera is reopened."""
_OPENING_S = 10.0
"""Longest time that opening may take: a USB camera needs seconds."""
_REOPEN_S = 1.0
"""Shortest time between two attempts to open."""
_USELESS_S = 30.0
"""A camera that sends only bad pictures is reopened after this time: it may be stuck."""
_MOST_BLOCKED = 8
"""Most threads that may be blocked in a driver. At this number, the camera is reopened only after one returns."""
_CAMERA_POLL_S = 0.1
"""How often `read` checks for problems while no frame comes."""
_CLOSE_S = 1.0
"""How long `close` waits for the reading thread."""
_NUMBER = re.compile(r"[\d.]+")

StartThread = Callable[[Callable[[], None], str], object]
"""Starts a daemon thread, given its body and its name: see `edge.frames.background`."""


class Camera:
    """A `FrameSource` that reopens its camera when that stops sending pictures, and drops pictures that show nothing.

    A blocked read cannot be interrupted. Therefore each attempt to open the camera has a thread of its own; a thread
    that is stuck is abandoned.
    """

    def __init__(
        self, name: str, lane: str, open_capture: Callable[[], Capture],
        start: StartThread, *, patient: bool = False,
    ) -> None:  # fmt: skip
        """name: the camera's name in log lines and errors. open_capture: opens the camera, see `Stream`. patient: wait
        for a camera that is not there yet, as for a lost one; otherwise raise RunError when no picture comes."""
        self._name, self._lane, self._open_capture, self._start = name, lane, open_capture, start
        self._numbers = count()
        self._watch, self._interruptions = PictureWatch(), Interruptions()
        self._closed = threading.Event()
        self._blocked: list[Stream] = []
        self._longest_s, self._no_picture = 0.0, False
        self._last_reason: str = NO_PICTURE.format(why="")
        self.problem = ""
        """Why the lane has no picture, or loses it again and again, in one sentence for the tills; empty while all is
        well."""
        self._stream = self._open()
        self._good_s = time.monotonic()
        if patient:
            return
        if not self._stream.responded.wait(_FIRST_PICTURE_S) or self._stream.ended.is_set():
            self.close()
            reason = self._stream.end_reason or words("nothing came for {seconds:.0f} s", seconds=_FIRST_PICTURE_S)
            raise RunError(
                words(
                    "camera {name} gives no picture: is it plugged in, and is the source right? ({reason})",
                    name=name,
                    reason=reason,
                )
            )
        self._good_s = time.monotonic()

    def read(self) -> Frame | None:
        """The next frame that shows the lane as it is now; waits for it. None once the camera is closed."""
        while not self._closed.is_set():
            frame = self._stream.latest.take(_CAMERA_POLL_S)
            now_s = time.monotonic()
            silent_s = now_s - self._good_s
            if frame:
                self._good_s = now_s
                self._recovered(silent_s, now_s)
                return frame
            if silent_s > _PROBLEM_S:
                reason = self._reason(now_s)
                self._no_picture = reason.startswith(NO_PICTURE.partition("{")[0])
                # Otherwise the problem would change with every interruption.
                often = self._interruptions.problem(silent_s, now_s) if self._no_picture else ""
                self._set_problem(often or reason)
            self._reopen_if_lost(now_s)
        return None

    def close(self) -> None:
        """Stop reading. May be called from any thread, and more than once."""
        self._closed.set()
        self._stream.stop()
        # A thread that returns from a driver while the process exits can crash the process.
        self._stream.ended.wait(_CLOSE_S)

    def _open(self) -> Stream:
        stream = Stream(self._open_capture, self._watch, self._lane, self._numbers)
        self._start(stream.run, f"camera of {self._lane}")
        return stream

    def _reopen_if_lost(self, now_s: float) -> None:
        """Open the camera again if its current stream has ended, is silent, or sends only bad pictures."""
        stream = self._stream
        silent = now_s - stream.active_s > (_CAMERA_SILENT_S if stream.opened else _OPENING_S)
        useless = now_s - max(self._good_s, stream.opening_s) > _USELESS_S
        lost = stream.ended.is_set() or silent or useless
        blocked = [earlier for earlier in (*self._blocked, stream) if not earlier.ended.is_set()]
        if lost and now_s - stream.opening_s >= _REOPEN_S and len(blocked) <= _MOST_BLOCKED:
            stream.stop()
            self._last_reason = self._reason(now_s)
            self._blocked, self._stream = blocked, self._open()
            # `close` may have run meanwhile, and then has stopped the previous stream only.
            if self._closed.is_set():
                self._stream.stop()

    def _reason(self, now_s: float) -> str:
        """Why there is no good picture, in one sentence."""
        stream, fault = self._stream, self._watch.last_fault
        if fault and not self._watch.overdue(now_s, _PROBLEM_S):
            return fault
        if not stream.responded.is_set():
            return self._last_reason
        return NO_PICTURE.format(why=joined("", [" (", stream.end_reason, ")"]) if stream.end_reason else "")

    def _recovered(self, silent_s: float, now_s: float) -> None:
        """A good frame has come after `silent_s` seconds. Only several in a row end a problem: the single pictures of a
        camera that becomes slow must not end it each time."""
        self._longest_s = max(self._longest_s, silent_s)
        if not self._watch.quick:
            return
        if self._no_picture:
            self._interruptions.add(self._longest_s, now_s)
        self._no_picture, self._longest_s = False, 0.0
        self._set_problem(self._interruptions.problem(0.0, now_s))

    def _set_problem(self, problem: str) -> None:
        """Log the problem when it changes, but not when only its numbers do, and then show it: who sees it finds it in
        the log."""
        if _NUMBER.sub("", problem) != _NUMBER.sub("", self.problem):
            if problem:
                log.warning("camera %s: %s", self._name, problem)
            else:
                log.info("camera %s: it gives pictures again", self._name)
        self.problem = problem
