"""The believed time: by it a lane ages what it keeps, whatever its clock shows. Pure.

A wall clock may start in 1970, three years ahead, or be set while the box runs, so dates do not tell how old a record
is. The believed time only counts what has really passed. While the box runs, that is what CLOCK_BOOTTIME counts, which
nobody can set. How long the box was off, only the wall clock can say. It is believed when a time server sets it, or
when the operator vouches for it (`clock.trusted`). Everything of which the time cannot be known counts as nothing, so
that a record is kept too long rather than too short.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from edge.clock.reading import Reading

DAY_S = 86400.0

FLOOR_S = datetime(2025, 1, 1, tzinfo=timezone.utc).timestamp()
"""No agent ran before. A box whose battery is empty starts in 1970, or on the day when its firmware was made."""

LONGEST_OFF_S = 180 * DAY_S
"""A box is hardly off for longer. A clock that says so is not believed, unless the operator vouches for it."""

LONGEST_JUMP_S = DAY_S
"""A clock that jumps further ahead while the box runs is not believed. Smaller steps are: machines are paused, and time
servers correct. No step while the box runs ever ages anything."""

STEADY_S = 60.0
"""A clock that was believed since the boot, and has moved as time has passed to within this, is still believed when
its time server is gone."""

CATCH_UP = 2.0
"""Nothing ages faster than so many times the time for which the box has run since it was written. After a month off,
records are as old as they should be a month later; a clock that lies cannot delete them at once."""

_LATE_S = 60.0
"""A reading may be so much older than the time that another thread has saved meanwhile."""

_BOOT_S = 0.001
"""No box starts faster. It separates what was written before the start from what was written after it."""

MOST_GAPS = 500
"""Of more gaps the oldest are joined. That ages less than it should."""

Doubt = Literal["impossible", "unsynchronised", "ahead"]
"""Why the wall clock is not believed. impossible: it shows a time before `FLOOR_S`. unsynchronised: nobody sets it and
nobody vouches for it. ahead: it has moved further than time can have passed."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without the box. at_s: when it began, in believed time. seconds: how long it was."""

    at_s: float
    seconds: float


@dataclass(frozen=True, slots=True)
class BelievedTime:
    """The believed time at one reading of the clocks. What is written gets `now_s` and is later aged with `age_s`.

    now_s: seconds that have passed while the box ran, from a start without a meaning. boot, boot_s: of the reading.
    doubt: why the wall clock is not believed now. known_s, known_wall_s: `now_s` and the wall clock when that was
    believed last. restarted_s: when the box started the first time since; None if it has not. gaps: oldest first.
    """

    now_s: float
    boot: str
    boot_s: float
    doubt: Doubt | None = "unsynchronised"
    known_s: float | None = None
    known_wall_s: float = 0.0
    restarted_s: float | None = None
    gaps: tuple[Gap, ...] = ()

    def read(self, reading: Reading) -> BelievedTime:
        """The time at a later reading, by this process or another one."""
        passed_s = reading.boot_s - self.boot_s
        if reading.boot == self.boot and passed_s > -_LATE_S:
            moved = replace(self, now_s=self.now_s + max(0.0, passed_s), boot_s=max(self.boot_s, reading.boot_s))
        else:
            first_s = self.now_s if self.restarted_s is None else self.restarted_s
            moved = replace(
                self, now_s=self.now_s + _BOOT_S, boot=reading.boot, boot_s=reading.boot_s, restarted_s=first_s
            )
        return moved._judge(reading)

    def age_s(self, written_s: float) -> float:
        """How old something is at least that was written at `written_s`. Never more than it really is, as long as the
        wall clock was right whenever it was believed."""
        ran_s = max(0.0, self.now_s - written_s)
        off_s = sum(gap.seconds for gap in self.gaps if gap.at_s >= written_s)
        return min(ran_s + off_s, CATCH_UP * ran_s)

    def is_old(self, written_s: float, keep_days: float) -> bool:
        """Whether something that was written at `written_s` may be removed: it is older, and the clock is believed."""
        return self.doubt is None and self.age_s(written_s) >= keep_days * DAY_S

    def claim_s(self, wall_s: float) -> float:
        """How much further the wall clock has moved than the box has run, since it was believed last."""
        return 0.0 if self.known_s is None else (wall_s - self.known_wall_s) - (self.now_s - self.known_s)

    def _judge(self, reading: Reading) -> BelievedTime:
        if reading.wall_s < FLOOR_S:
            return replace(self, doubt="impossible")
        claim_s, ran_on = self.claim_s(reading.wall_s), self.restarted_s is None
        if not (reading.synchronised or reading.trusted):
            steady = self.known_s is not None and ran_on and abs(claim_s) <= STEADY_S
            return replace(self, doubt=None if steady else "unsynchronised")
        if claim_s > (LONGEST_JUMP_S if ran_on else LONGEST_OFF_S) and not reading.trusted:
            since_s = self.known_s if self.restarted_s is None else self.restarted_s
            # What the box has run itself since, is plausible.
            if self.now_s - (since_s or 0.0) < claim_s:
                return replace(self, doubt="ahead")
        return replace(
            self, doubt=None, known_s=self.now_s, known_wall_s=reading.wall_s, restarted_s=None,
            gaps=_joined(self._gaps_with(claim_s)),
        )  # fmt: skip

    def _gaps_with(self, claim_s: float) -> tuple[Gap, ...]:
        if claim_s < 0:
            return _without(self.gaps, -claim_s)
        if self.restarted_s is None or not claim_s:
            return self.gaps
        return (*self.gaps, Gap(self.restarted_s, claim_s))


def _without(gaps: tuple[Gap, ...], seconds: float) -> tuple[Gap, ...]:
    """The gaps without so many seconds, from the newest back: the clock was set back, so it was ahead before."""
    while gaps and seconds > 0:
        *older, newest = gaps
        left_s = newest.seconds - seconds
        seconds -= newest.seconds
        gaps = (*older, Gap(newest.at_s, left_s)) if left_s > 0 else tuple(older)
    return gaps


def _joined(gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
    if len(gaps) <= MOST_GAPS:
        return gaps
    first, second, *rest = gaps
    return (Gap(first.at_s, first.seconds + second.seconds), *rest)
