"""What is wrong with a clock, in words for people who can set it right. Pure."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from edge.clock.believed import DAY_S
from edge.language.words import Words, joined, words

if TYPE_CHECKING:
    from edge.clock.believed import BelievedTime
    from edge.clock.reading import Reading

SETTLE_S = 3600.0
"""A box may need so long after its start until a time server has set its clock."""

_MEANWHILE = words("until then nothing old is removed, and no offers are made")


def doubt_text(time: BelievedTime, reading: Reading) -> Words | None:
    """Why the clock is not believed, and how to fix that, in one sentence; None if it is. reading: that of `time`."""
    if time.doubt == "impossible":
        shown = datetime.fromtimestamp(reading.wall_s, timezone.utc)
        why = words("the clock shows {at:%Y-%m-%d %H:%M} UTC: set it right", at=shown)
        return joined("; ", [why, _MEANWHILE])
    if time.doubt == "unsynchronised":
        why = words(
            "no time server sets the clock: run timedatectl set-ntp true, or set clock.trusted = true and keep it right"
        )
        return joined("; ", [why, _MEANWHILE])
    if time.doubt == "ahead":
        days = time.claim_s(reading.wall_s) / DAY_S
        why = words(
            "the clock has moved {days:.0f} days further than this box has run: set it right, or set clock.trusted = "
            "true if it is right",
            days=days,
        )
        return joined("; ", [why, _MEANWHILE])
    return None


def problem(time: BelievedTime, reading: Reading) -> str:
    """As `doubt_text`, but empty while a time server may still set the clock."""
    settling = reading.boot_s < SETTLE_S and time.doubt != "ahead"
    return "" if settling else doubt_text(time, reading) or ""
