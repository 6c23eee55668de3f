"""How fast a camera's pictures arrive, for cameras that are slow, irregular, or interrupted again and again. Pure."""

from __future__ import annotations

from collections import deque
from itertools import pairwise

from edge.language.words import words

LEAST_RATE = 3
"""Pictures a second that a lane needs. With 2 a second, a face is too far from where it was to be followed: on seven
recordings no customer got an answer, and with 2.7 a second all had the same answers as with 30."""

TOO_SLOW = words(
    "the camera gives {rate:.1f} pictures a second, {least} are needed: set its frame rate to "
    "25, switch off its long exposure (slow shutter), check the network"
)
INTERRUPTED = words(
    "the camera's pictures stopped {times} times within a minute, for up to {longest:.1f} s: "
    "check its cable, its power, the network"
)

_QUICK, _WITHIN_S = 3, 0.75
"""So many pictures within this time are quick enough. A little slower than `LEAST_RATE`: cameras are not punctual."""
_REMEMBERED = 5
"""Pictures in which none of the spans of `_QUICK` is quick show a slow camera; one long gap shows nothing."""
_OVERDUE_AFTER = 2.0
"""A picture is overdue after so many times the longest of the last gaps."""
_INTERRUPTIONS, _LATELY_S = 3, 60.0
"""So many interruptions within this time are a problem of their own."""
_LASTING_S = 10.0
"""After this time without a picture, the camera is not interrupted but gone."""


class Pace:
    """Of the last pictures. Times are seconds of one steady clock."""

    def __init__(self) -> None:
        self._arrivals_s: deque[float] = deque(maxlen=_REMEMBERED)

    def add(self, now_s: float) -> None:
        """A picture has arrived."""
        self._arrivals_s.append(now_s)

    @property
    def quick(self) -> bool:
        """Whether the last three pictures came quickly enough."""
        spans = self._spans_s()
        return bool(spans) and spans[-1] <= _WITHIN_S

    @property
    def slow(self) -> bool:
        """Whether all of the last pictures came too slowly."""
        spans = self._spans_s()
        return bool(spans) and min(spans) > _WITHIN_S

    @property
    def rate(self) -> float:
        """Pictures a second; 0 before the second picture."""
        passed_s = self._arrivals_s[-1] - self._arrivals_s[0] if self._arrivals_s else 0.0
        return (len(self._arrivals_s) - 1) / passed_s if passed_s > 0 else 0.0

    def overdue(self, now_s: float, least_s: float) -> bool:
        """Whether the next picture is late for this camera, and by at least `least_s` seconds after the last one."""
        if not self._arrivals_s:
            return True
        longest_s = max((after_s - before_s for before_s, after_s in pairwise(self._arrivals_s)), default=least_s)
        return now_s - self._arrivals_s[-1] > max(least_s, _OVERDUE_AFTER * longest_s)

    def _spans_s(self) -> list[float]:
        """How long it took each time until `_QUICK` pictures had come."""
        arrivals_s = list(self._arrivals_s)
        return [last - first for first, last in zip(arrivals_s, arrivals_s[_QUICK - 1 :], strict=False)]


def is_too_slow(problem: str) -> bool:
    """Whether a camera's problem is that it is too slow, see `TOO_SLOW`."""
    return "pictures a second" in problem


class Interruptions:
    """Times without a picture, of a camera that goes on each time. Times are seconds of one steady clock."""

    def __init__(self) -> None:
        self._found: deque[tuple[float, float]] = deque()

    def add(self, gap_s: float, now_s: float) -> None:
        """A picture has come, `gap_s` seconds after the one before."""
        if gap_s < _LASTING_S:
            self._found.append((now_s, gap_s))

    def problem(self, silent_s: float, now_s: float) -> str:
        """One sentence when there were many of them lately; empty otherwise, and when the last picture came so long ago
        that it is gone. silent_s: time since the last picture."""
        while self._found and now_s - self._found[0][0] > _LATELY_S:
            self._found.popleft()
        if len(self._found) < _INTERRUPTIONS or silent_s >= _LASTING_S:
            return ""
        return INTERRUPTED.format(times=len(self._found), longest=max(gap_s for _, gap_s in self._found))
