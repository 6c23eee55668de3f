"""Puts databases of a backup in the place of lanes' databases, while their lanes stand still.

A restored lane goes on as if its box had been off since the backup: alerts that waited then expire unsent, and nothing
ages by a time that nobody knows. A mark in the audit log says that there was a restore, and where the replaced log
ended: without it, missing records would look as if somebody had put an old file there.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
import zlib
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import RunError
from edge.language.system import system_words
from edge.language.words import words
from edge.records.audit import Audit
from edge.records.backup import LaneBackup, check_database
from edge.records.believed import save_time, saved_time
from edge.records.chain import Head
from edge.records.database import DATABASE_FILE, Database, StoreError
from edge.records.lock import LOCK_FILE, LockedError, StateLock
from edge.settings.files import flush, make_private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DRAFT = ".restore"
"""The folder for a draft, in the state folder. One that a crash left behind is deleted by the next restore."""

_CHUNK = 1 << 20
"""Bytes that are copied at a time."""

_RESTORED_BOOT = "restored"
"""No boot has this id, so a restored lane starts as after a start of its box."""


@dataclass(frozen=True, slots=True)
class RestoredLane:
    """A lane after a restore. backup: what took the place. replaced: the newest row of the database before; None if it
    could not be read. kept: where that database is now; None if there was none."""

    backup: LaneBackup
    replaced: Head | None
    kept: Path | None


def lanes_in(file: Path) -> list[str]:
    """The lanes in a backup, at least one. Raises RunError."""
    with _opened(file) as archive:
        lanes = [member.name.removesuffix(f"/{DATABASE_FILE}") for member in archive if _is_database(member)]
    if not lanes:
        raise RunError(words("{file} is no backup of edge-agent: no lane is in it", file=file))
    return lanes


def restore(file: Path, folders: Mapping[str, Path]) -> dict[str, RestoredLane]:
    """Restore lanes from a backup, and keep the databases that it replaces.

    folders: the state folder of each lane to restore; the backup has all of them. Everything is checked before anything
    is replaced. Raises RunError, also while an agent runs one of the lanes, UsageError, and StoreError.
    """
    now = datetime.now(timezone.utc)
    with ExitStack() as opened:
        for folder in folders.values():
            _lock(folder, opened)
        drafts, found, replaced = {}, {}, {}
        for lane, folder in folders.items():
            drafts[lane] = _draft_folder(folder, opened)
            with _opened(file) as archive:
                _extract(archive, f"{lane}/{DATABASE_FILE}", drafts[lane] / DATABASE_FILE, folder)
            found[lane], replaced[lane] = _checked(file, lane, drafts[lane]), _newest_row(folder)
            mark_restored(drafts[lane], lane, now, replaced[lane])
        restored = {}
        for lane, folder in folders.items():
            with _writing(folder):
                kept = _put(drafts[lane] / DATABASE_FILE, folder / DATABASE_FILE, now)
            restored[lane] = RestoredLane(found[lane], replaced[lane], kept)
    return restored


def _lock(folder: Path, opened: ExitStack) -> None:
    is_new = not folder.exists()
    try:
        opened.callback(StateLock(folder).close)
    except LockedError:
        raise RunError(
            words("a lane runs on {folder}: stop it first (sudo systemctl stop edge-agent); nothing was changed",
                  folder=folder)
        ) from None  # fmt: skip
    with _writing(folder):
        if is_new:
            _give_to_owner(folder)
        _give_to_owner(folder / LOCK_FILE)


def _draft_folder(folder: Path, opened: ExitStack) -> Path:
    draft = folder / _DRAFT
    with _writing(folder):
        if draft.exists():
            shutil.rmtree(draft)
        make_private_folder(draft)
    opened.callback(shutil.rmtree, draft, ignore_errors=True)
    return draft


def _checked(file: Path, lane: str, draft: Path) -> LaneBackup:
    try:
        found = check_database(draft)
    except StoreError as problem:
        raise RunError(words("lane {lane} in {file}: {problem}", lane=lane, file=file, problem=problem)) from None
    if found.lane not in (None, lane):
        raise RunError(
            words("lane {lane} in {file} holds the records of lane {other}", lane=lane, file=file, other=found.lane)
        )
    return found


def _newest_row(folder: Path) -> Head | None:
    """Of the database that is to be replaced; None if it cannot be read, number 0 if there is none."""
    if not (folder / DATABASE_FILE).exists():
        return Head(0, "")
    with suppress(StoreError), closing(Database(folder, read_only=True)) as database:
        return Audit(database).head
    return None


def mark_restored(folder: Path, lane: str | None, now: datetime, replaced: Head | None) -> None:
    """Note in the database of a folder that it took the place of another one. lane: whose it is; None: that of its log.
    Raises StoreError."""
    with closing(Database(folder)) as database, database.transaction():
        audit = Audit(database)
        if (lane := lane or audit.lane) is None:
            return
        audit.begin(lane)
        audit.note_restore(lane, now, replaced)
        if time := saved_time(database):
            save_time(database, replace(time, boot=_RESTORED_BOOT))


def _put(draft: Path, file: Path, now: datetime) -> Path | None:
    """Put a database in the place of another one, in one step. Returns where the other one is kept, if there was one.
    Raises OSError."""
    _give_to_owner(draft, file.parent)
    flush(draft)
    kept = None
    if file.exists():
        kept = file.with_name(f"{file.name}.replaced-{now:%Y%m%dT%H%M%S.%fZ}")
        _fold_log(file)
        os.link(file, kept)
        for end in ("-wal", "-shm"):
            # Only a database that cannot be read still has a log. With another database it would damage that one.
            with suppress(FileNotFoundError):
                file.with_name(file.name + end).rename(kept.with_name(kept.name + end))
    draft.replace(file)
    flush(file.parent)
    return kept


def _fold_log(file: Path) -> None:
    """Write what is in the log beside a database into the database, after which SQLite deletes the log."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _give_to_owner(path: Path, of: Path | None = None) -> None:
    """Root restores for another user: what it creates belongs to the owner of the folder that it is in."""
    if os.geteuid() == 0:
        owner = (of or path.parent).stat()
        os.chown(path, owner.st_uid, owner.st_gid)


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, "r:gz") as archive:
            yield archive
    except (tarfile.TarError, EOFError, zlib.error) as problem:
        raise RunError(
            words("{file} is no backup of edge-agent, or is damaged: {reason}", file=file, reason=problem)
        ) from None
    except OSError as problem:
        raise RunError(words("cannot read {file}: {reason}", file=file, reason=system_words(problem))) from None


def _extract(archive: tarfile.TarFile, name: str, target: Path, folder: Path) -> None:
    """Errors of the backup and of the state folder that it goes into must not be taken for each other."""
    source = archive.extractfile(name)
    assert source
    with source, ExitStack() as opened:
        with _writing(folder):
            descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            out = opened.enter_context(os.fdopen(descriptor, "wb"))
        while content := source.read(_CHUNK):
            with _writing(folder):
                out.write(content)
                out.flush()


def _is_database(member: tarfile.TarInfo) -> bool:
    lane, _, name = member.name.partition("/")
    return bool(lane) and name == DATABASE_FILE and member.isfile()


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise RunError(
            words("cannot restore into {folder}: {reason}", folder=folder, reason=system_words(problem))
        ) from None
