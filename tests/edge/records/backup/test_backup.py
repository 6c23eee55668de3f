"""`edge-agent backup`: one file with the databases of a box, whole and readable by nobody else."""

from __future__ import annotations

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import RunError
from edge.purchases.store import PurchaseStore
from edge.records.database import Database, StoreError
from tests.agents import box_config
from tests.commands import Mount
from tests.edge.records.backup.conftest import AddSales, RunCommand, sales_in


def test_a_backup_is_a_tar_with_a_state_folder_for_each_lane(
    sell: AddSales, backup: RunCommand, tmp_path: Path
) -> None:
    sell(1, 2, folder="state/lane-1")
    sell(3, folder="state/wine", lane="wine")
    config = box_config(tmp_path, {"lane-1": 'camera = "0"', "wine": 'camera = "1"'})
    lines = backup(tmp_path / "box.tar.gz", "--config", config).splitlines()
    assert [line.partition(", newest")[0] for line in lines[:2]] == ["lane-1: 2 records", "wine: 1 record"]
    assert lines[2] == (f"wrote {tmp_path}/box.tar.gz; it holds personal data. Not in it: settings, keys and purchases")
    with tarfile.open(tmp_path / "box.tar.gz") as archive:
        assert archive.getnames() == ["lane-1/lane.db", "wine/lane.db"]
        archive.extractall(tmp_path / "out")
    assert sales_in(tmp_path / "out" / "lane-1") == ["sale-1", "sale-2"]


def test_a_backup_has_what_a_running_lane_has_committed_and_does_not_hold_it_up(
    sell: AddSales, backup: RunCommand, tmp_path: Path
) -> None:
    folder = sell(1)
    with closing(Database(folder)) as running, running.transaction() as connection:
        connection.execute("INSERT INTO unfinished_sale VALUES ('till-1', 'not-committed', '', '{}')")
        backup(tmp_path / "lane.tar.gz", "--state-dir", folder)
    with tarfile.open(tmp_path / "lane.tar.gz") as archive:
        archive.extractall(tmp_path / "out")
    with closing(Database(tmp_path / "out" / "lane-1", read_only=True)) as database:
        assert database.rows("SELECT * FROM unfinished_sale") == []


def test_a_backup_holds_no_purchase(sell: AddSales, backup: RunCommand, tmp_path: Path) -> None:
    """Purchases are in files. A restored lane that had some of a day would write its file again, without the others."""
    folder = sell(1)
    with closing(Database(folder)) as database:
        PurchaseStore(database)
        with database.transaction() as connection:
            connection.execute("INSERT INTO purchase (day, purchase) VALUES ('2026-11-01', 'beer-and-crisps')")
    backup(tmp_path / "lane.tar.gz", "--state-dir", folder)
    with tarfile.open(tmp_path / "lane.tar.gz") as archive:
        archive.extractall(tmp_path / "out")
    assert b"beer-and-crisps" not in (tmp_path / "out" / "lane-1" / "lane.db").read_bytes()
    with closing(Database(folder)) as database:
        assert len(PurchaseStore(database).days()) == 1


def test_only_its_owner_can_read_a_backup(sell: AddSales, backup: RunCommand, tmp_path: Path) -> None:
    file = tmp_path / "lane.tar.gz"
    file.write_text("an older backup")
    file.chmod(0o644)
    backup(file, "--state-dir", sell(1))
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lane", "lane.tar.gz"]


def test_a_full_disk_leaves_the_older_backup(sell: AddSales, backup: RunCommand, mount: Mount) -> None:
    disk = mount("-t", "tmpfs", "-o", "size=64k", "none")
    file = disk / "lane.tar.gz"
    file.write_text("an older backup")
    with pytest.raises(RunError, match=r"lane\.tar\.gz: (database or disk is full|No space left on device)$"):
        backup(file, "--state-dir", sell(*range(1, 200)))
    assert [path.read_text() for path in disk.iterdir()] == ["an older backup"]


def test_a_damaged_database_is_not_backed_up(sell: AddSales, backup: RunCommand, tmp_path: Path) -> None:
    folder = sell(*range(1, 40))
    pages = bytearray((folder / "lane.db").read_bytes())
    pages[-4096:] = b"\xa5" * 4096
    (folder / "lane.db").write_bytes(pages)
    with pytest.raises(StoreError, match=r"lane\.db(: | is damaged: )"):
        backup(tmp_path / "lane.tar.gz", "--state-dir", folder)
    assert not (tmp_path / "lane.tar.gz").exists()


def test_a_log_that_is_not_intact_is_backed_up_and_reported(sell: AddSales, backup: RunCommand, tmp_path: Path) -> None:
    folder = sell(1, 2)
    with closing(sqlite3.connect(folder / "lane.db")) as database, database:
        database.execute("DROP TRIGGER audit_is_append_only")
        database.execute("UPDATE audit SET record = replace(record, 'anna', 'boris') WHERE number = 2")
    with pytest.raises(RunError, match=r"all was copied, but the audit log in .* is not intact: edge-agent report ver"):
        backup(tmp_path / "lane.tar.gz", "--state-dir", folder)
    assert tarfile.is_tarfile(tmp_path / "lane.tar.gz")


def test_a_folder_without_a_database_is_one_line(backup: RunCommand, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no .*/lane\.db: give the state folder of a lane that has run"):
        backup(tmp_path / "lane.tar.gz", "--state-dir", tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []
