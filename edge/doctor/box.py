"""Checks of the box: its settings, who runs the doctor, and the clock."""

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
    from edge.doctor.targets import Box

MEND_CONFIG = "open {file} in an editor and mend the setting that the line names; edge-agent run --help lists them all"
_ANYBODY = "sudo chmod go-w {file}"
_PASSWORD = "sudo chmod o-r {file}"

_SYNCHRONISE = (
    "sudo timedatectl set-ntp true, and wait a minute; where the network has a time server of its own, write "
    "NTP=ITS-ADDRESS into /etc/systemd/timesyncd.conf first"
)
_SET_CLOCK = "sudo timedatectl set-time 'YYYY-MM-DD HH:MM:SS', with the time that it is now"

_YEARS = range(2025, 2060)
"""A box whose clock has lost its battery starts in 1970, or when its firmware was made."""
_TIME_ERROR = 5
"""What adjtimex(2) returns while nothing keeps the clock right."""
_TIMEX_BYTES = 512
"""More than `struct timex` has anywhere."""


@check("config", "Are the settings right, and safe from others?", MEND_CONFIG, _ANYBODY, _PASSWORD)
def config(box: Box) -> Finding:
    """What was out of range has been refused before anybody comes here, see `edge.doctor.command`."""
    where = str(box.file) if box.file else "no file: defaults, flags and EDGE_* variables"
    names = ", ".join(lane.lane for lane in box.lanes)
    for lane in box.lanes:
        for setting, address in (("till.reliable", lane.till.reliable), ("till.live", lane.till.live)):
            try:
                is_public(setting, address)
            except UsageError as told:
                return problem(str(told), MEND_CONFIG, file=box.file or "the config")
    if box.file:
        mode = stat.S_IMODE(box.file.stat().st_mode)
        if mode & 0o022:
            return problem(f"{box.file} has mode {mode:04o}: others may change it", _ANYBODY, file=box.file)
        if mode & 0o004 and any("@" in (lane.camera or "") for lane in box.lanes):
            return warning(
                f"{box.file} holds the camera's password, and everybody may read it", _PASSWORD, file=box.file
            )
    return ok(f"{where}; {names}")


@check("user", "Does the doctor see what the agent would, with the rights that it takes?", WITH_SUDO)
def user(box: Box) -> Finding:
    us = this_user()
    for lane in box.lanes:
        owner = owner_of(lane.state_dir)
        if owner not in (None, us) and us == "root":
            return ok(f"root, who may do more than {owner}, to whom {lane.state_dir} belongs")
        if owner not in (None, us):
            return warning(f"this runs as {us}, and {lane.state_dir} belongs to {owner}", WITH_SUDO)
    return ok(us)


@check("clock", "Is the time right, and kept right? It stands in the record of sales.", _SYNCHRONISE, _SET_CLOCK)
def clock(_: Box) -> Finding:
    now = datetime.now().astimezone()
    if now.year not in _YEARS:
        return problem(f"it says {now:%Y-%m-%d %H:%M:%S %Z}", _SET_CLOCK)
    kept = clock_is_kept()
    if kept is None:
        return ok(f"{now:%Y-%m-%d %H:%M:%S %Z}; what keeps it right is not to be seen from here")
    if not kept:
        return warning(f"{now:%Y-%m-%d %H:%M:%S %Z}, and no time server keeps it right", _SYNCHRONISE)
    return ok(f"{now:%Y-%m-%d %H:%M:%S %Z}, kept right by a time server")


def clock_is_kept() -> bool | None:
    """Whether the kernel's clock is synchronised, which is what timedatectl shows; None where nobody may ask."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else bool(state != _TIME_ERROR)
