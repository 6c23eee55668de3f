"""Full and read-only disks and damaged files give an error with the fix, and lose no data."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from edge.records.database import Database, StoreError
from tests.commands import Mount
from tests.edge.records.database.conftest import put, sale_ids


def test_a_folder_that_cannot_be_created_is_an_error_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot open .*/file/lane/lane.db: Not a directory; .*state_dir"):
        Database(tmp_path / "file" / "lane")


def test_a_read_only_disk_is_an_error_and_no_connection_stays_open(
    folder: Path, database: Database, read_only_copy: Callable[[Path], Path]
) -> None:
    with pytest.raises(StoreError, match=r"cannot open .*: Read-only file system; .*choose another folder"):
        Database(read_only_copy(folder))


def test_a_full_disk_is_an_error_and_writing_continues_when_there_is_room(mount: Mount) -> None:
    disk = mount("-t", "tmpfs", "-o", "size=1m", "tmpfs")
    with closing(Database(disk)) as database:
        put(database, "sale-1")
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"x" * 4096):
                pass
        with pytest.raises(StoreError, match=r"cannot write .*: database or disk is full; make room on its disk"):
            put(database, "sale-2", "x" * 200_000)
        assert sale_ids(database) == ["sale-1"]
        ballast.unlink()
        put(database, "sale-3")
        assert (sale_ids(database), database.rows("PRAGMA integrity_check")) == (["sale-1", "sale-3"], [("ok",)])


def test_a_full_disk_at_the_first_start_is_an_error_and_the_second_start_works(mount: Mount) -> None:
    disk = mount("-t", "tmpfs", "-o", "size=64k", "tmpfs")
    (disk / "ballast").write_bytes(b"x" * 56 * 1024)
    with pytest.raises(StoreError, match=r"lane\.db: "):
        Database(disk)
    (disk / "ballast").unlink()
    subprocess.run(["mount", "-o", "remount,size=1m", str(disk)], check=True)
    with closing(Database(disk)) as database:
        put(database, "sale-1")


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_of_a_newer_agent_is_an_error(folder: Path, database: Database, read_only: bool) -> None:
    database.rows("PRAGMA user_version=7")
    with pytest.raises(StoreError, match=r"made by a newer edge-agent: its schema is 7, this one knows [0-9]; update"):
        Database(folder, read_only=read_only)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_not_a_database_is_an_error(tmp_path: Path, read_only: bool) -> None:
    (tmp_path / "lane.db").write_bytes(b"this is not a database, despite its name" * 100)
    with pytest.raises(StoreError, match=r"cannot open .*: file is not a database; it is damaged: move it away"):
        Database(tmp_path, read_only=read_only)


def test_damage_inside_the_file_is_an_error_when_it_is_read(tmp_path: Path) -> None:
    with closing(Database(tmp_path)) as database:
        for number in range(200):
            put(database, f"sale-{number}", "x" * 500)
    whole = (tmp_path / "lane.db").read_bytes()
    (tmp_path / "lane.db").write_bytes(whole[:40960] + b"\xff" * 20480 + whole[61440:])
    with (
        closing(Database(tmp_path)) as database,
        pytest.raises(StoreError, match=r"cannot read .*malformed; it is dam"),
    ):
        database.rows("SELECT record FROM unfinished_sale")
