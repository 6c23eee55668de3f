"""Committed data survives a crash, and only this user may read it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest

from edge.records.database import Database, StoreError
from tests.edge.records.database.conftest import put, sale_ids


def test_written_data_is_there_after_reopening(tmp_path: Path) -> None:
    with closing(Database(tmp_path)) as database:
        put(database, "sale-1")
    with closing(Database(tmp_path)) as database:
        assert sale_ids(database) == ["sale-1"]


def test_every_commit_is_forced_to_disk_and_removed_text_is_overwritten(database: Database) -> None:
    found = [database.rows(f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous", "secure_delete")]
    assert found == ["wal", 2, 1]


def test_only_this_user_may_read_the_folder_and_its_files(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with closing(Database(tmp_path / "new" / "lane")) as database:
            put(database, "sale-1")
            modes = {file.name: file.stat().st_mode & 0o777 for file in database.file.parent.iterdir()}
    finally:
        os.umask(before)
    assert [folder.stat().st_mode & 0o777 for folder in (tmp_path / "new", tmp_path / "new" / "lane")] == [0o700] * 2
    assert modes == {"lane.db": 0o600, "lane.db-wal": 0o600, "lane.db-shm": 0o600}


def test_a_readable_file_is_made_private(tmp_path: Path) -> None:
    Database(tmp_path).close()
    (tmp_path / "lane.db").chmod(0o644)
    Database(tmp_path).close()
    assert (tmp_path / "lane.db").stat().st_mode & 0o777 == 0o600


def test_a_failed_transaction_writes_nothing(database: Database) -> None:
    with suppress(RuntimeError), database.transaction():
        put(database, "sale-1")
        raise RuntimeError("the power fails")
    assert sale_ids(database) == []
    put(database, "sale-2")
    assert sale_ids(database) == ["sale-2"]


def test_a_nested_transaction_is_part_of_the_outer_one(database: Database) -> None:
    with suppress(RuntimeError), database.transaction():
        with database.transaction():
            put(database, "sale-1")
        raise RuntimeError("the power fails")
    assert sale_ids(database) == []


def test_a_killed_process_leaves_exactly_its_committed_data(tmp_path: Path) -> None:
    script = (
        "import os, sys, signal; from pathlib import Path; from edge.records.database import Database\n"
        "database = Database(Path(sys.argv[1]))\n"
        "for name in ('committed', 'half'):\n"
        "    with database.transaction() as connection:\n"
        "        connection.execute('INSERT INTO unfinished_sale VALUES (?, ?, ?, ?)', ('till-1', name, '', '{}'))\n"
        "        if name == 'half': os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, timeout=180)
    assert done.returncode == -signal.SIGKILL
    with closing(Database(tmp_path, read_only=True)) as reader:
        assert sale_ids(reader) == ["committed"]
    with closing(Database(tmp_path)) as database:
        assert sale_ids(database) == ["committed"]


def test_two_connections_see_each_others_commits_only(folder: Path, database: Database) -> None:
    with closing(Database(folder)) as other:
        with database.transaction():
            put(database, "sale-1")
            assert sale_ids(other) == []
        assert sale_ids(other) == ["sale-1"]


def test_a_locked_file_is_an_error_after_a_second(folder: Path, database: Database) -> None:
    locked = pytest.raises(StoreError, match=r"cannot write .*: database is locked; another program is using it")
    with closing(Database(folder)) as other, other.transaction(), locked:
        put(database, "sale-1")
    put(database, "sale-1")


def test_agents_that_start_at_the_same_time_create_the_tables_once(tmp_path: Path) -> None:
    ready, problems = threading.Barrier(8), []

    def start() -> None:
        ready.wait()
        for _ in range(60):
            try:
                Database(tmp_path).close()
            except StoreError as problem:
                # On a slow disk, one thread may hold the lock longer than the second that the others wait.
                if "try again" in str(problem):
                    continue
                problems.append(problem)
            return
        problems.append(StoreError("it never got the lock"))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with closing(Database(tmp_path)) as database:
        assert database.rows("SELECT which, number FROM audit_end ORDER BY which") == [("newest", 0), ("pruned", 0)]


def test_a_connection_made_in_one_thread_may_be_used_by_another(database: Database) -> None:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.extend(database.rows("SELECT 1")))
    thread.start()
    thread.join()
    assert len(found) == 1


def test_a_link_in_place_of_the_file_is_an_error_and_what_it_names_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch(mode=0o644)
    (tmp_path / "lane.db").symlink_to("elsewhere")
    with pytest.raises(StoreError, match=r"^cannot open .*/lane.db: it is a link, or not a regular file: remove it$"):
        Database(tmp_path)
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o644
