"""Backups of lanes' databases: one file, which is a gzipped tar with LANE/lane.db for each lane.

A lane may run while it is backed up: SQLite copies one consistent state, and does not keep the lane from writing.
"""

from __future__ import annotations

import sqlite3
import tarfile
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import RunError
from edge.language.system import system_words
from edge.language.words import Words, words
from edge.records.audit import Audit
from edge.records.database import DATABASE_FILE, Database, StoreError
from edge.settings.files import replacing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.records.chain import Head


_PURCHASES = ("purchase", "offer")
"""Tables of purchases and offers, which are in files, too. A backup does not need them, and a restored lane would write
the file of the day again, with less in it."""


@dataclass(frozen=True, slots=True)
class LaneBackup:
    """What a lane's database in a backup holds. records: of restricted sales. intact: whether the chain of hashes is.
    lane: whose log it is; None for a log without rows."""

    head: Head
    records: int
    intact: bool
    lane: str | None


def write_backup(file: Path, folders: Iterable[tuple[str, Path]]) -> dict[str, LaneBackup]:
    """Write the databases of lanes into one file, completely or not at all. Only this user may read it.

    folders: the name and the state folder of each lane. Returns what the backup holds, by lane. Raises StoreError for
    a database that cannot be read or is damaged, and RunError for a file that cannot be written.
    """
    found = {}
    try:
        with (
            replacing(file, mode=0o600, durable=True) as draft,
            tarfile.open(draft, "w:gz") as archive,
            tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as copies,
        ):
            for lane, folder in folders:
                copy = Path(copies, lane)
                copy.mkdir()
                _copy_database(folder, copy / DATABASE_FILE)
                found[lane] = check_database(copy)
                # Without a settings file, the name of the lane is a default.
                archive.add(copy / DATABASE_FILE, f"{found[lane].lane or lane}/{DATABASE_FILE}", filter=_private)
    except (OSError, sqlite3.Error) as problem:
        raise RunError(words("cannot write {file}: {reason}", file=file, reason=_reason(problem))) from None
    return found


def check_database(folder: Path) -> LaneBackup:
    """Check every page of the database in a folder, and its chain. Raises StoreError if it is damaged."""
    with closing(Database(folder, read_only=True)) as database, database.snapshot():
        problems = [str(text) for (text,) in database.rows("PRAGMA integrity_check(1)")]
        if problems != ["ok"]:
            raise StoreError(words("{file} is damaged: {reason}", file=database.file, reason=problems[0]))
        audit = Audit(database)
        return LaneBackup(audit.head, audit.count(), not audit.verify(), audit.lane)


def _copy_database(folder: Path, copy: Path) -> None:
    with closing(Database(folder, read_only=True)) as database, closing(sqlite3.connect(copy)) as target:
        database.copy_to(target)
        target.execute("PRAGMA secure_delete=ON")
        names = {str(name) for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in names.intersection(_PURCHASES):
            target.execute(f"DELETE FROM {table}")
        target.commit()
        # Then the copy is one file, without a log beside it.
        target.execute("PRAGMA journal_mode=DELETE")


def _private(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _reason(problem: OSError | sqlite3.Error) -> Words:
    return system_words(problem if isinstance(problem, OSError) else str(problem))
