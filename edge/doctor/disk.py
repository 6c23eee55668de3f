"""Checks of where a lane keeps its record."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import closing
from typing import TYPE_CHECKING

from edge.doctor.finding import Finding, check, ok, problem, warning
from edge.doctor.targets import this_user
from edge.records.audit import Audit
from edge.records.database import FILE, Database, StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from edge.doctor.targets import LaneSide

_WRITABLE = (
    "sudo mkdir -p {folder}; sudo chown -R '{user}': {folder}; if the disk is mounted read-only (findmnt -T {folder} "
    "shows ro), sudo mount -o remount,rw its mount point, and if that fails replace the disk"
)
_MAKE_ROOM = (
    "make room on the disk of {folder}: sudo journalctl --vacuum-size=200M; sudo apt clean; "
    "sudo du -xh / | sort -h | tail shows what is large"
)
_DAMAGED = (
    "sudo systemctl stop edge-agent; keep {file} for whoever reads the record: sudo mv {file} {file}.damaged; "
    "sudo systemctl start edge-agent"
)
_CHANGED = "edge-agent report verify --state-dir {folder} names the records; tell whoever answers for them"

_LITTLE_MB, _TOO_LITTLE_MB = 500, 50
"""A year of records of a busy lane, at 2 kB a sale and a hundred restricted sales a day, takes 73 MB."""
_TRY_BYTES = 65536


@check("disk", "Can the lane's state folder be written, and is there room?", _WRITABLE, _MAKE_ROOM)
def disk(lane: LaneSide) -> Finding:
    folder = lane.settings.state_dir
    there = _nearest(folder)
    if why := _refuses(there, exists=there == folder):
        mend = _MAKE_ROOM if "space" in why else _WRITABLE
        return problem(f"{folder} cannot be written: {why}", mend, folder=folder, user=this_user())
    free_mb = shutil.disk_usage(there).free / 1e6
    what = f"{folder}: {free_mb / 1000:.1f} GB free" + ("" if there == folder else "; made at the first start")
    if free_mb < _TOO_LITTLE_MB:
        return problem(what, _MAKE_ROOM, folder=folder)
    return warning(what, _MAKE_ROOM, folder=folder) if free_mb < _LITTLE_MB else ok(what)


@check("record", "Can the record of sales be read, and is it whole?", _DAMAGED, _CHANGED, after=("disk",))
def record(lane: LaneSide) -> Finding:
    folder = lane.settings.state_dir
    if not (folder / FILE).exists():
        return ok("none yet")
    try:
        with closing(Database(folder, read_only=True)) as database:
            ((said,),) = database.rows("PRAGMA quick_check(1)")
            audit = Audit(database)
            changed, count = audit.verify(), audit.head.number - audit.pruned.number
    except StoreError as told:
        return problem(str(told), _DAMAGED, file=folder / FILE)
    if said != "ok":
        return problem(f"{folder / FILE} is damaged: {said}", _DAMAGED, file=folder / FILE)
    if changed:
        return problem(f"{folder / FILE}: {changed[0]}", _CHANGED, folder=folder)
    return ok(f"{folder / FILE}: {count} restricted sales, chain whole")


def _nearest(folder: Path) -> Path:
    """The folder, or the one that it will be made in."""
    return next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())


def _refuses(folder: Path, *, exists: bool) -> str:
    """Why nothing can be written there; empty when it can be. Leaves nothing behind."""
    if not folder.is_dir():
        return f"{folder} is no folder"
    if not exists:
        return "" if os.access(folder, os.W_OK | os.X_OK) else f"{this_user()} may make no folder in {folder}"
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_TRY_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as told:
        return told.strerror or str(told)
    return ""
