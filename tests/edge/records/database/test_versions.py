"""Files of older versions are updated when they are written, and can be read as they are."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from edge.records.chain import Head
from edge.records.database import Database, StoreError
from edge.records.earlier_layout import newest_row, remove_old_copies
from edge.records.schema import SCHEMA_STEPS
from tests.commands import Mount
from tests.edge.records.database.conftest import put, sale_ids

VERSION_1 = """
CREATE TABLE sale (sale_id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
CREATE TABLE outbox (
  alert_id TEXT PRIMARY KEY, sale_id TEXT NOT NULL, till TEXT NOT NULL, event TEXT NOT NULL, expires_at REAL NOT NULL,
  expired INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE audit (
  number INTEGER PRIMARY KEY, record TEXT NOT NULL, before TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TABLE audit_end (
  which TEXT PRIMARY KEY CHECK (which IN ('pruned', 'newest')), number INTEGER NOT NULL, hash TEXT NOT NULL
) STRICT;
INSERT INTO audit_end VALUES ('pruned', 0, ''), ('newest', 0, '');
CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END;
CREATE TRIGGER audit_is_pruned_from_its_start BEFORE DELETE ON audit
  WHEN OLD.number > (SELECT number FROM audit_end WHERE which = 'pruned')
  BEGIN SELECT RAISE(ABORT, 'audit records are only removed by pruning'); END;
INSERT INTO sale VALUES ('sale-1', '{"till":"till-1","opened_at":"2026-11-01T12:00:00.000Z"}');
PRAGMA user_version=1;
"""
"""A database as the first version made it, with one open sale."""


@pytest.fixture
def old_folder(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "lane.db")) as connection:
        connection.executescript(VERSION_1)
    return tmp_path


def tables(database: Database) -> list[tuple[object, ...]]:
    return database.rows("SELECT name, type FROM sqlite_schema ORDER BY name")


def columns(database: Database) -> list[tuple[object, ...]]:
    """Every column of every table: table, name, type, whether it is in the primary key."""
    return database.rows(
        'SELECT t.name, c.name, c.type, c."notnull", c.pk FROM sqlite_schema t, pragma_table_info(t.name) c '
        "WHERE t.type = 'table' ORDER BY t.name, c.cid"
    )


def test_an_old_file_gets_the_tables_of_a_new_one_and_keeps_its_sales(old_folder: Path, tmp_path: Path) -> None:
    with closing(Database(old_folder)) as updated, closing(Database(tmp_path / "new")) as new:
        assert (tables(updated), columns(updated)) == (tables(new), columns(new))
        assert updated.rows("PRAGMA user_version") == [(len(SCHEMA_STEPS),)]
        assert sale_ids(updated) == ["sale-1"]


def test_an_old_file_is_read_without_a_change(old_folder: Path) -> None:
    before = (old_folder / "lane.db").read_bytes()
    with closing(Database(old_folder, read_only=True)) as reader:
        assert reader.rows("SELECT sale_id FROM sale") == [("sale-1",)]
        assert reader.rows("PRAGMA user_version") == [(1,)]
    assert (old_folder / "lane.db").read_bytes() == before


def test_an_update_that_fails_changes_nothing(old_folder: Path) -> None:
    steps = (*SCHEMA_STEPS, ("ALTER TABLE outbox ADD COLUMN lane TEXT", "no SQL"))
    with pytest.raises(StoreError, match=r"cannot write .*lane\.db: near \"no\": syntax error"):
        Database(old_folder, steps=steps)
    with closing(Database(old_folder, read_only=True)) as reader:
        assert reader.rows("PRAGMA user_version") == [(1,)]
        assert ("outbox", "lane") not in {column[:2] for column in columns(reader)}


def test_processes_that_open_an_old_file_at_once_update_it_once(old_folder: Path) -> None:
    steps = (*SCHEMA_STEPS, ("ALTER TABLE audit_end ADD COLUMN more TEXT",))
    ready, problems = threading.Barrier(8), []

    def start() -> None:
        ready.wait()
        try:
            Database(old_folder, steps=steps).close()
        except StoreError as problem:
            # On a slow disk, one thread may hold the lock longer than the second that the others wait.
            if "try again" not in str(problem):
                problems.append(problem)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with closing(Database(old_folder, steps=steps)) as database:
        assert [column[1] for column in columns(database) if column[0] == "audit_end"][-1] == "more"


def test_the_next_sale_is_written_to_an_updated_file(old_folder: Path) -> None:
    with closing(Database(old_folder)) as database:
        put(database, "sale-2")
        assert sale_ids(database) == ["sale-1", "sale-2"]


def test_an_update_keeps_a_copy_of_the_file_for_the_older_version(old_folder: Path) -> None:
    Database(old_folder).close()
    copy = old_folder / "lane.db.1"
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as older:
        assert older.execute("PRAGMA user_version").fetchone() == (1,)
        assert older.execute("SELECT sale_id FROM sale").fetchall() == [("sale-1",)]


def test_a_new_file_and_one_that_is_up_to_date_need_no_copy(tmp_path: Path) -> None:
    for _ in range(2):
        Database(tmp_path).close()
    assert [file.name for file in tmp_path.iterdir()] == ["lane.db"]


def test_without_room_for_the_copy_the_file_is_not_updated(mount: Mount) -> None:
    disk = mount("-t", "tmpfs", "-o", "size=1m", "tmpfs")
    with closing(sqlite3.connect(disk / "lane.db")) as connection:
        connection.executescript(VERSION_1)
        connection.execute("INSERT INTO sale VALUES ('sale-2', hex(randomblob(300000)))")
        connection.commit()
    with pytest.raises(StoreError, match=r"cannot write .*lane\.db: .*full.*; make room on its disk"):
        Database(disk)
    with closing(Database(disk, read_only=True)) as reader:
        assert reader.version == 1
    assert not (disk / "lane.db.1").exists()


def test_the_copy_is_removed_after_a_week(tmp_path: Path) -> None:
    old, young, other = (tmp_path / name for name in ("lane.db.1", "lane.db.2", "lane.db-wal"))
    for file in (old, young, other):
        file.touch()
    os.utime(old, (0, 0))
    os.utime(other, (0, 0))
    os.utime(young, (86_400, 86_400))
    remove_old_copies(tmp_path / "lane.db", 7.5 * 86_400)
    assert {file.name for file in tmp_path.iterdir()} == {"lane.db.2", "lane.db-wal"}


def test_the_end_of_a_newer_log_can_be_named_by_an_older_version(folder: Path, database: Database) -> None:
    assert newest_row(folder / "lane.db") is None
    with database.transaction() as connection:
        connection.execute("INSERT INTO audit VALUES (1, '{}', '', 'first'), (2, '{}', 'first', 'second')")
    database.rows("PRAGMA user_version=99")
    assert newest_row(folder / "lane.db") == Head(2, "second")
    (folder / "text").write_text("no database")
    assert newest_row(folder / "text") is newest_row(folder / "missing") is None
