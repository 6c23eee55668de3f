"""What is wrong with a clock, in words for people who can set it right. Pure."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from edge.clock.believed import DAY_S

if TYPE_CHECKING:
    from edge.clock.believed import BelievedTime
    from edge.clock.reading import Reading

SETTLE_S = 3600.0
"""A box may need so long after its start until a time server has set its clock."""

_MEANWHILE = "until then nothing old is removed, and no offers are made"


def doubt_text(time: BelievedTime, reading: Reading) -> str:
    """Why the clock is not believed, and how to fix that, in one sentence; empty if it is. reading: that of `time`."""
    if time.doubt == "impossible":
        shown = datetime.fromtimestamp(reading.wall_s, timezone.utc)
        return f"the clock shows {shown:%Y-%m-%d %H:%M} UTC: set it right; {_MEANWHILE}"
    if time.doubt == "unsynchronised":
        return (
            "no time server sets the clock: run timedatectl set-ntp true, or set clock.trusted = true and keep it "
            f"right; {_MEANWHILE}"
        )
    if time.doubt == "ahead":
        days = time.claim_s(reading.wall_s) / DAY_S
        return (
            f"the clock has moved {days:.0f} days further than this box has run: set it right, or set clock.trusted = "
            f"true if it is right; {_MEANWHILE}"
        )
    return ""


def problem(time: BelievedTime, reading: Reading) -> str:
    """As `doubt_text`, but empty while a time server may still set the clock."""
    settling = reading.boot_s < SETTLE_S and time.doubt != "ahead"
    return "" if settling else doubt_text(time, reading)
