"""Checks of the folder and the database in which a lane keeps its record of sales."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import closing
from typing import TYPE_CHECKING

from edge.doctor.finding import Finding, check, ok, problem, warning
from edge.doctor.targets import this_user
from edge.language.system import system_words
from edge.language.words import Words, counted, joined, verbatim, words
from edge.records.audit import Audit
from edge.records.database import DATABASE_FILE, Database, StoreError
from edge.records.verification import LaneSettings

if TYPE_CHECKING:
    from pathlib import Path

    from edge.doctor.targets import LaneTarget

_WRITABLE = words(
    "sudo mkdir -p {folder}; sudo chown -R '{user}': {folder}; if the disk is mounted read-only "
    "(findmnt -T {folder} shows ro), sudo mount -o remount,rw its mount point; if that fails, "
    "replace the disk"
)
_FREE_SPACE = words(
    "free space on the disk of {folder}: sudo journalctl --vacuum-size=200M; sudo apt clean; "
    "sudo du -xh / | sort -h | tail lists the largest folders"
)
_DAMAGED = words(
    "sudo systemctl stop edge-agent; sudo mv {file} {file}.damaged; sudo systemctl start "
    "edge-agent; keep the damaged file for the auditor"
)
_CHANGED = words(
    "edge-agent report verify --state-dir {folder} lists the records; report them to the person "
    "responsible for the record of sales"
)

_LITTLE_MB, _TOO_LITTLE_MB = 500, 50
"""A busy lane writes 73 MB of records a year: 2 kB a sale, a hundred restricted sales a day."""
_TRY_BYTES = 65536


@check("disk", "Can the lane's state folder be written, and is there enough space?", _WRITABLE, _FREE_SPACE)
def disk(lane: LaneTarget) -> Finding:
    folder = lane.settings.state_dir
    existing = _nearest_existing(folder)
    if error := _write_error(existing, exists=existing == folder):
        fix = _FREE_SPACE if "space" in error else _WRITABLE
        return problem(
            words("cannot write to {folder}: {error}", folder=folder, error=error), fix, folder=folder, user=this_user()
        )
    free_mb = shutil.disk_usage(existing).free / 1e6
    seen = words("{folder}: {free:.1f} GB free", folder=folder, free=free_mb / 1000)
    if existing != folder:
        seen = joined("; ", [seen, words("created at the first start")])
    if free_mb < _TOO_LITTLE_MB:
        return problem(seen, _FREE_SPACE, folder=folder)
    return warning(seen, _FREE_SPACE, folder=folder) if free_mb < _LITTLE_MB else ok(seen)


@check("record", "Can the record of sales be read, and is it complete and unchanged?",
       _DAMAGED, _CHANGED, after=("disk",))  # fmt: skip
def record(lane: LaneTarget) -> Finding:
    folder = lane.settings.state_dir
    if not (folder / DATABASE_FILE).exists():
        return ok(words("no record yet"))
    try:
        with closing(Database(folder, read_only=True)) as database:
            ((result,),) = database.rows("PRAGMA quick_check(1)")
            audit = Audit(database)
            settings = LaneSettings(lane.settings.lane, lane.settings.audit.keep_days)
            changed, count = audit.verify(settings=settings), audit.count()
    except StoreError as error:
        return problem(verbatim(error), _DAMAGED, file=folder / DATABASE_FILE)
    if result != "ok":
        return problem(
            words("{folder} is damaged: {result}", folder=folder / DATABASE_FILE, result=result),
            _DAMAGED,
            file=folder / DATABASE_FILE,
        )
    if changed:
        return problem(
            words("{folder}: {changed}", folder=folder / DATABASE_FILE, changed=changed[0]), _CHANGED, folder=folder
        )
    return ok(
        words(
            "{file}: {records}, chain intact",
            file=folder / DATABASE_FILE,
            records=counted("{n} record", "{n} records", count),
        )
    )


def _nearest_existing(folder: Path) -> Path:
    """The folder itself, or its nearest parent that exists."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())


def _write_error(folder: Path, *, exists: bool) -> Words | None:
    """Why the state folder cannot be written; None when it can. Leaves no file behind.

    exists: False when the state folder does not exist yet and `folder` is the parent in which it will be created.
    """
    if not folder.is_dir():
        return words("{folder} is not a folder", folder=folder)
    if not exists:
        if os.access(folder, os.W_OK | os.X_OK):
            return None
        return words("{user} may not create a folder in {folder}", user=this_user(), folder=folder)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_TRY_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return system_words(error)
    return None
