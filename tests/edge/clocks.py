"""Readings of a box's clocks for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.clock.reading import Reading


def always(_written_s: float) -> bool:
    """For `Audit.prune`: the believed time is that of the dates."""
    return True


def right_clocks(at: datetime, *, synchronised: bool = True) -> Reading:
    """The clocks of a box that has run for ever, and whose wall clock is right."""
    return Reading(at.timestamp(), at.timestamp(), "the only boot", synchronised)


@dataclass
class Box:
    """A box that is on or off, with a wall clock that anybody may set. really: the real time. error: how far the wall
    clock is ahead of it. synchronised, trusted: as in a reading."""

    really: datetime
    error: timedelta = timedelta()
    synchronised: bool = True
    trusted: bool = False
    boots: int = 1
    up: timedelta = timedelta(seconds=10)

    def run(self, time: timedelta) -> Reading:
        self.really += time
        self.up += time
        return self.reading

    def off(self, time: timedelta) -> Reading:
        """The box is off for this time, and starts again."""
        self.really += time
        self.boots += 1
        self.up = timedelta(seconds=10)
        return self.reading

    @property
    def reading(self) -> Reading:
        return Reading(
            (self.really + self.error).timestamp(), self.up.total_seconds(), f"boot {self.boots}", self.synchronised,
            self.trusted,
        )  # fmt: skip
