"""Decides whether a new face is the person who was lost: by position, size and motion, never by appearance. Pure.

Limit: two people who change places unseen are taken for one. If nobody was seen leaving or arriving and both heads are
at the same height, this looks like one face hidden behind a hand. It is likelier at low frame rates: at 5 frames/s, an
arrival may be visible in one frame only, which the detector may miss.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

MOTION_S = 0.2
"""A face must be seen for at least this time before its motion can be distinguished from the detector's jitter."""

_VELOCITY_WINDOW_S = 0.3
"""Motion is measured over this time; in a longer window, the first steps of a walk would be averaged away."""

# tests/replay/test_standing.py measures faces of standing, talking people before and after gaps of 0.5 to 1.5 s.

_SAME_PLACE = 0.5
"""A face is at the expected place if it is within this number of face widths. In 99 of 100 of those gaps it moved by at
most 0.2; people at a till also reach for things."""

_SAME_SIZE = 1.18
"""The widths of the same face differ by less than this factor: by at most 1.16 in 99 of 100 of those gaps. A person one
step nearer is a quarter larger."""

_MOVING = 0.75
"""A person moves if the velocities before and after a gap, taken as one vector, are longer than this, in face widths
per second: swaying and jitter seldom add up, leaving and arriving do. In 94 of 100 of those gaps it is at most 0.62;
walking at half a metre per second gives 3, before or after the gap alone."""

_TRAVEL_ERROR = 0.25
"""Error of a predicted way, as a share of its length: speeds change while the face is unseen. Chosen, not measured."""

_ROUNDING_S = 1e-3

Velocity = tuple[float, float]
"""Face widths per second to the right and down."""


class Sighting(NamedTuple):
    """A face in one frame: time in seconds, centre and width of its box in pixels."""

    at_s: float
    x: float
    y: float
    width: float


class Trajectory:
    """The positions of one face: its motion when it appeared, and its motion now."""

    def __init__(self, first: Sighting) -> None:
        self.first = first
        self._early = first
        self._latest = deque([first])

    @property
    def last(self) -> Sighting:
        return self._latest[-1]

    @property
    def motion_known(self) -> bool:
        """Whether the face has been seen for `MOTION_S`, so that `initial_velocity` is final."""
        return self._early.at_s - self.first.at_s >= MOTION_S - _ROUNDING_S

    @property
    def initial_velocity(self) -> Velocity:
        """The motion of the face when it appeared."""
        return _velocity(self.first, self._early)

    @property
    def final_velocity(self) -> Velocity:
        """The motion of the face when it was last seen."""
        return _velocity(self._latest[0], self.last)

    def add(self, sighting: Sighting) -> None:
        """Add a later sighting."""
        if not self.motion_known:
            self._early = sighting
        self._latest.append(sighting)
        while len(self._latest) > 2 and sighting.at_s - self._latest[0].at_s > _VELOCITY_WINDOW_S + _ROUNDING_S:
            self._latest.popleft()


def same_size(first: Sighting, second: Sighting) -> bool:
    """Whether two sightings may be of the same face, by its width."""
    return 1 / _SAME_SIZE < first.width / second.width < _SAME_SIZE


def continues(trajectory: Trajectory, sighting: Sighting) -> bool:
    """Whether a sighting may be the next one of a trajectory."""
    return same_size(trajectory.last, sighting) and _leads_to(trajectory.last, trajectory.final_velocity, sighting)


def same_person(lost: Trajectory, found: Trajectory) -> bool:
    """Whether a new trajectory belongs to the person of a lost one.

    A person who stood must stand at the same place. A person who moved must still move in that direction, and be where
    uniformly accelerated motion leads. Somebody who stands where the lost person walked off, or comes from where that
    person went, is another person.
    """
    if not same_size(lost.last, found.first):
        return False
    before, after = lost.final_velocity, found.initial_velocity
    motion = math.hypot(*before, *after)
    if motion <= _MOVING:
        # Both limits as one: the nearer the place, the more of the motion may be swaying.
        return math.hypot(_deviation(lost.last, (0.0, 0.0), found.first) / _SAME_PLACE, motion / _MOVING) <= 1
    same_direction = before[0] * after[0] + before[1] * after[1] > 0
    mean = (before[0] + after[0]) / 2, (before[1] + after[1]) / 2
    return same_direction and _leads_to(lost.last, mean, found.first)


def _velocity(before: Sighting, after: Sighting) -> Velocity:
    passed_s = after.at_s - before.at_s
    if passed_s <= 0:
        return 0.0, 0.0
    scale = passed_s * math.sqrt(before.width * after.width)
    return (after.x - before.x) / scale, (after.y - before.y) / scale


def _leads_to(before: Sighting, velocity: Velocity, after: Sighting) -> bool:
    travel_error = _TRAVEL_ERROR * math.hypot(*velocity) * (after.at_s - before.at_s)
    return _deviation(before, velocity, after) <= _SAME_PLACE + travel_error


def _deviation(before: Sighting, velocity: Velocity, after: Sighting) -> float:
    """Distance of `after` from where `velocity` leads from `before`, in face widths."""
    passed_s = after.at_s - before.at_s
    width = math.sqrt(before.width * after.width)
    off_right = (after.x - before.x) / width - velocity[0] * passed_s
    off_down = (after.y - before.y) / width - velocity[1] * passed_s
    return math.hypot(off_right, off_down)
