"""Checks of the box: its settings, and the user who runs the doctor."""

from __future__ import annotations

import stat
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


def fix_settings(file: Path | None) -> str:
    """The fix for a wrong setting. file: of the settings, if there is one."""
    return _FIX_IN_FILE.format(file=file) if file else _FIX_WITHOUT_FILE
