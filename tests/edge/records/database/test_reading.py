"""A read-only connection changes nothing and does not block writers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge.records.database import Database, StoreError
from tests.edge.records.database.conftest import put, sale_ids


def test_a_snapshot_does_not_change_while_another_connection_writes(folder: Path, database: Database) -> None:
    put(database, "sale-1")
    with closing(Database(folder, read_only=True)) as reader:
        with reader.snapshot():
            assert sale_ids(reader) == ["sale-1"]
            put(database, "sale-2")
            assert sale_ids(reader) == ["sale-1"]
        assert sale_ids(reader) == ["sale-1", "sale-2"]


def test_a_reader_changes_nothing(folder: Path, database: Database) -> None:
    with closing(Database(folder, read_only=True)) as reader:
        with pytest.raises(StoreError, match="readonly database"):
            put(reader, "sale-1")
        assert sale_ids(reader) == []


def test_a_reader_creates_neither_folder_nor_file(tmp_path: Path) -> None:
    for missing in (tmp_path, tmp_path / "lane"):
        with pytest.raises(StoreError, match=r"^there is no .*lane\.db: give the state folder of a lane that has run$"):
            Database(missing, read_only=True)
    (tmp_path / "lane.db").touch()
    with pytest.raises(StoreError, match=r"lane\.db is empty: give the state folder of a lane that has run"):
        Database(tmp_path, read_only=True)
    assert [file.name for file in tmp_path.iterdir()] == ["lane.db"]
    assert (tmp_path / "lane.db").stat().st_size == 0


def test_a_path_with_special_characters_works(tmp_path: Path) -> None:
    folder = tmp_path / "касса?mode=rw#1 %20"
    with closing(Database(folder)) as database:
        put(database, "sale-1")
    with closing(Database(folder, read_only=True)) as reader:
        assert sale_ids(reader) == ["sale-1"]


def test_a_copy_on_a_read_only_disk_can_be_read(tmp_path: Path, read_only_copy: Callable[[Path], Path]) -> None:
    with closing(Database(tmp_path / "lane")) as database:
        put(database, "sale-1")
    assert [file.name for file in (tmp_path / "lane").iterdir()] == ["lane.db"]
    with closing(Database(read_only_copy(tmp_path / "lane"), read_only=True)) as reader:
        assert sale_ids(reader) == ["sale-1"]


def test_a_copy_on_a_read_only_disk_with_unmerged_changes_is_an_error(
    folder: Path, database: Database, read_only_copy: Callable[[Path], Path], tmp_path: Path
) -> None:
    put(database, "sale-1")
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("lane.db", "lane.db-wal"):
        (copy / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(StoreError, match="cannot open"):
        Database(read_only_copy(copy), read_only=True)
