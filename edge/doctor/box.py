"""Checks of the box: its settings, and the user who runs the doctor."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from edge.doctor.finding import WITH_SUDO, Finding, check, ok, problem, warning
from edge.doctor.targets import owner_of, this_user
from edge.errors import UsageError
from edge.language.words import Words, verbatim, words
from edge.till.sockets import is_public

if TYPE_CHECKING:
    from pathlib import Path

    from edge.doctor.targets import BoxTarget

_FIX_IN_FILE = words(
    "open {file} in an editor and correct the setting named above; edge-agent run --help lists all settings"
)
_FIX_WITHOUT_FILE = words(
    "correct the setting named above in its flag or EDGE_* variable (env lists them); edge-agent "
    "run --help lists all settings"
)
_REMOVE_WRITE = words("sudo chmod go-w {file}")
_REMOVE_READ = words("sudo chmod o-r {file}")


@check("config", "Are the settings valid, and is their file protected from other users?",
       _FIX_IN_FILE, _FIX_WITHOUT_FILE, _REMOVE_WRITE, _REMOVE_READ)  # fmt: skip
def config(box: BoxTarget) -> Finding:
    """Settings out of range never get here: `edge.doctor.command` reports them."""
    where = box.file if box.file else words("no file: defaults, flags and EDGE_* variables")
    names = ", ".join(lane.lane for lane in box.lanes)
    for lane in box.lanes:
        for setting, address in (("till.reliable", lane.till.reliable), ("till.live", lane.till.live)):
            try:
                is_public(setting, address)
            except UsageError as error:
                return Finding("problem", verbatim(error), fix_settings(box.file))
    if box.file:
        mode = stat.S_IMODE(box.file.stat().st_mode)
        if mode & 0o022:
            return problem(
                words("{file} has mode {mode:04o}: other users can change it", file=box.file, mode=mode),
                _REMOVE_WRITE,
                file=box.file,
            )
        if mode & 0o004 and any("@" in (lane.camera or "") for lane in box.lanes):
            return warning(
                words("{file} contains the camera's password, and every user can read it", file=box.file),
                _REMOVE_READ,
                file=box.file,
            )
    return ok(words("{where}; lanes: {names}", where=where, names=names))


@check("user", "Does the doctor run as the agent's user, or as root?", WITH_SUDO)
def user(box: BoxTarget) -> Finding:
    us = this_user()
    for lane in box.lanes:
        owner = owner_of(lane.state_dir)
        if owner not in (None, us) and us == "root":
            return ok(words("root; {state_dir} belongs to {owner}", state_dir=lane.state_dir, owner=owner))
        if owner not in (None, us):
            return warning(
                words(
                    "the doctor runs as {us}, but {state_dir} belongs to {owner}",
                    us=us,
                    state_dir=lane.state_dir,
                    owner=owner,
                ),
                WITH_SUDO,
            )
    return ok(verbatim(us))


def fix_settings(file: Path | None) -> Words:
    """The fix for a wrong setting. file: of the settings, if there is one."""
    return _FIX_IN_FILE.format(file=file) if file else _FIX_WITHOUT_FILE
