"""Whether a face that appears is the one that was lost: by place, size and motion, never by what it looks like. Pure.

What this cannot tell is two people who change places unseen: with nobody seen to go or to come, and a head at the same
height, a face that vanishes and one that appears are as one behind a hand. The fewer frames a second, the likelier that
is: at 5, all that is seen of somebody's coming may be one frame, and the detector may miss that one.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

MOTION_S = 0.2
"""For at least so many seconds a face must be seen before its motion can be told from the detector's jitter."""

_RECENT_S = 0.3
"""Motion is measured over the last so many seconds: longer, and the first steps of a way are lost in the rest."""

# tests/replay/test_standing.py measures how people who stand and talk are seen before and after gaps of 0.5 to 1.5 s.

_SAME_PLACE = 0.5
"""A face is within so many face widths of where it must be. In 99 of 100 of those gaps it is 0.2 at most from where it
was; people at a till reach for things."""

_SAME_SIZE = 1.18
"""The widths of a face's boxes differ by less than this factor: by 1.16 at most in 99 of 100 of those gaps. Somebody a
step nearer is a quarter larger."""

_MOVING = 0.75
"""Face widths per second before and after a gap, as the length of one vector: swaying and jitter seldom add up, going
and coming do. In 94 of 100 of those gaps it is 0.62 at most; half a metre per second is 3 on one side alone."""

_WAY_ERROR = 0.25
"""Speeds change unseen: where a way leads is taken to be known to this share of it. Chosen, not measured."""

_ROUNDING_S = 1e-3

Velocity = tuple[float, float]
"""Face widths per second to the right and down."""


class Sighting(NamedTuple):
    """A face in one frame: when, in seconds, and the centre and width of its box, in pixels."""

    at_s: float
    x: float
    y: float
    width: float


class Course:
    """Where one face was: how it came, and how it moves now."""

    def __init__(self, first: Sighting) -> None:
        self.first = first
        self._early = first
        self._latest = deque([first])

    @property
    def last(self) -> Sighting:
        return self._latest[-1]

    @property
    def arrived(self) -> bool:
        """Has the face been seen for `MOTION_S`, so that it is known how it came?"""
        return self._early.at_s - self.first.at_s >= MOTION_S - _ROUNDING_S

    @property
    def coming(self) -> Velocity:
        """How the face moved when it appeared."""
        return _velocity(self.first, self._early)

    @property
    def going(self) -> Velocity:
        """How the face moved when it was last seen."""
        return _velocity(self._latest[0], self.last)

    def see(self, sighting: Sighting) -> None:
        """Take in a later sighting."""
        if not self.arrived:
            self._early = sighting
        self._latest.append(sighting)
        while len(self._latest) > 2 and sighting.at_s - self._latest[0].at_s > _RECENT_S + _ROUNDING_S:
            self._latest.popleft()


def same_size(one: Sighting, other: Sighting) -> bool:
    """Are the faces as large as those of one person, somewhat later?"""
    return 1 / _SAME_SIZE < one.width / other.width < _SAME_SIZE


def goes_on(course: Course, sighting: Sighting) -> bool:
    """Can somebody on this course be seen so next?"""
    return same_size(course.last, sighting) and _leads(course.last, course.going, sighting)


def is_back(lost: Course, found: Course) -> bool:
    """Is the face of one course that of an earlier one?

    Who stood must stand there again. Who moved must still move that way and be where uniformly accelerated motion
    leads. Whoever stands where somebody walked off, or comes from where they went, is taken for another.
    """
    if not same_size(lost.last, found.first):
        return False
    going, coming = lost.going, found.coming
    motion = math.hypot(*going, *coming)
    if motion <= _MOVING:
        # The nearer the place, the more of the motion may be swaying: who stood shows little of both together.
        return math.hypot(_off(lost.last, (0.0, 0.0), found.first) / _SAME_PLACE, motion / _MOVING) <= 1
    moved_on = going[0] * coming[0] + going[1] * coming[1] > 0
    mean = (going[0] + coming[0]) / 2, (going[1] + coming[1]) / 2
    return moved_on and _leads(lost.last, mean, found.first)


def _velocity(before: Sighting, after: Sighting) -> Velocity:
    passed_s = after.at_s - before.at_s
    if passed_s <= 0:
        return 0.0, 0.0
    scale = passed_s * math.sqrt(before.width * after.width)
    return (after.x - before.x) / scale, (after.y - before.y) / scale


def _leads(before: Sighting, velocity: Velocity, after: Sighting) -> bool:
    way_error = _WAY_ERROR * math.hypot(*velocity) * (after.at_s - before.at_s)
    return _off(before, velocity, after) <= _SAME_PLACE + way_error


def _off(before: Sighting, velocity: Velocity, after: Sighting) -> float:
    """How many face widths from where the velocity leads."""
    passed_s = after.at_s - before.at_s
    width = math.sqrt(before.width * after.width)
    off_right = (after.x - before.x) / width - velocity[0] * passed_s
    off_down = (after.y - before.y) / width - velocity[1] * passed_s
    return math.hypot(off_right, off_down)
