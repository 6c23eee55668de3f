"""Checks of the box: its settings, the user who runs the doctor, and the clock."""

from __future__ import annotations

import ctypes
import stat
from datetime import datetime
from typing import TYPE_CHECKING

from edge.doctor.finding import WITH_SUDO, Finding, check, ok, problem, warning
from edge.doctor.targets import owner_of, this_user
from edge.errors import UsageError
from edge.till.sockets import is_public

if TYPE_CHECKING:
    from pathlib import Path

    from edge.doctor.targets import BoxTarget

_FIX_IN_FILE = "open {file} in an editor and correct the setting named above; edge-agent run --help lists all settings"
_FIX_WITHOUT_FILE = (
    "correct the setting named above in its flag or EDGE_* variable (env lists them); edge-agent run --help lists all "
    "settings"
)
_REMOVE_WRITE = "sudo chmod go-w {file}"
_REMOVE_READ = "sudo chmod o-r {file}"

_SYNCHRONISE = (
    "sudo timedatectl set-ntp true, then wait a minute; if the network has its own time server, first write "
    "NTP=ITS-ADDRESS into /etc/systemd/timesyncd.conf"
)
_SET_CLOCK = "sudo timedatectl set-time 'YYYY-MM-DD HH:MM:SS', with the current time"

_PLAUSIBLE_YEARS = range(2025, 2060)
"""A clock whose battery is empty starts in 1970, or at the date of the firmware."""
_TIME_ERROR = 5
"""What adjtimex(2) returns while the clock is not synchronised."""
_TIMEX_BYTES = 512
"""More than the size of `struct timex` on any platform."""


@check("config", "Are the settings valid, and is their file protected from other users?",
       _FIX_IN_FILE, _FIX_WITHOUT_FILE, _REMOVE_WRITE, _REMOVE_READ)  # fmt: skip
def config(box: BoxTarget) -> Finding:
    """Settings out of range never get here: `edge.doctor.command` reports them."""
    where = str(box.file) if box.file else "no file: defaults, flags and EDGE_* variables"
    names = ", ".join(lane.lane for lane in box.lanes)
    for lane in box.lanes:
        for setting, address in (("till.reliable", lane.till.reliable), ("till.live", lane.till.live)):
            try:
                is_public(setting, address)
            except UsageError as error:
                return Finding("problem", str(error), fix_settings(box.file))
    if box.file:
        mode = stat.S_IMODE(box.file.stat().st_mode)
        if mode & 0o022:
            return problem(f"{box.file} has mode {mode:04o}: other users can change it", _REMOVE_WRITE, file=box.file)
        if mode & 0o004 and any("@" in (lane.camera or "") for lane in box.lanes):
            return warning(
                f"{box.file} contains the camera's password, and every user can read it", _REMOVE_READ, file=box.file
            )
    return ok(f"{where}; lanes: {names}")


@check("user", "Does the doctor run as the agent's user, or as root?", WITH_SUDO)
def user(box: BoxTarget) -> Finding:
    us = this_user()
    for lane in box.lanes:
        owner = owner_of(lane.state_dir)
        if owner not in (None, us) and us == "root":
            return ok(f"root; {lane.state_dir} belongs to {owner}")
        if owner not in (None, us):
            return warning(f"the doctor runs as {us}, but {lane.state_dir} belongs to {owner}", WITH_SUDO)
    return ok(us)


@check("clock", "Is the clock right and synchronised? The record of sales contains its time.", _SYNCHRONISE, _SET_CLOCK)
def clock(_: BoxTarget) -> Finding:
    now = datetime.now().astimezone()
    if now.year not in _PLAUSIBLE_YEARS:
        return problem(f"the clock shows {now:%Y-%m-%d %H:%M:%S %Z}", _SET_CLOCK)
    synchronised = clock_is_synchronised()
    if synchronised is None:
        return ok(f"{now:%Y-%m-%d %H:%M:%S %Z}; this user cannot see whether a time server sets it")
    if not synchronised:
        return warning(f"{now:%Y-%m-%d %H:%M:%S %Z}, but no time server sets the clock", _SYNCHRONISE)
    return ok(f"{now:%Y-%m-%d %H:%M:%S %Z}, set by a time server")


def fix_settings(file: Path | None) -> str:
    """The fix for a wrong setting. file: of the settings, if there is one."""
    return _FIX_IN_FILE.format(file=file) if file else _FIX_WITHOUT_FILE


def clock_is_synchronised() -> bool | None:
    """Whether the kernel's clock is synchronised, as timedatectl shows it; None when the kernel does not answer."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else bool(state != _TIME_ERROR)
