"""Reads the box's clocks. The only place that asks the system whether its clock can be believed."""

from __future__ import annotations

import ctypes
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_SYNCHRONISED_BELOW_US = 16_000_000
"""systemd's limit for `NTPSynchronized` (timedated.c, ntp_synced): the kernel lets the largest possible error grow to
16 s while no time server sets the clock. STA_UNSYNC is not used there, because some set it to protect the battery's
clock."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the clocks show at one moment.

    wall_s: Unix time, which anybody may set. boot_s: seconds since the boot, sleep included; nobody can set them.
    boot: names the boot. synchronised: a time server sets the wall clock. trusted: the operator vouches for it.
    """

    wall_s: float
    boot_s: float
    boot: str
    synchronised: bool
    trusted: bool = False


def read_clocks(*, trusted: bool) -> Reading:
    """The clocks now. trusted: the setting `clock.trusted`."""
    return Reading(
        time.time(), time.clock_gettime(time.CLOCK_BOOTTIME), _boot_id(), bool(is_synchronised()), trusted
    )  # fmt: skip


def is_synchronised() -> bool | None:
    """Whether a time server sets the clock, as `timedatectl` shows it; None if the kernel does not answer."""
    timex = _Timex()
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else bool(timex.maxerror < _SYNCHRONISED_BELOW_US)


class _Timex(ctypes.Structure):
    """The beginning of `struct timex`, see adjtimex(2). With modes = 0 the call only reads."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("rest", ctypes.c_byte * 512),
    )


def _boot_id() -> str:
    """Empty where the kernel does not say: then any two boots are told by their seconds alone."""
    with suppress(OSError):
        return _BOOT_ID.read_text().strip()
    return ""
