"""Checks of the record's folder: it can be written, has space, and the record is intact."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing, suppress
from pathlib import Path

import pytest

from edge.doctor.disk import disk, record
from edge.records.database import DATABASE_FILE, Database
from tests.commands import Mount
from tests.edge.doctor.builders import MakeLane, found


def test_a_missing_folder_is_ok_and_is_not_created(lane: MakeLane, tmp_path: Path) -> None:
    line = found(disk, lane())
    assert (line.verdict, line.seen.endswith("created at the first start")) == ("ok", True)
    assert found(record, lane()).seen == "no record yet"
    assert not (tmp_path / "state").exists()


def test_checking_a_folder_leaves_no_file_in_it(lane: MakeLane, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    assert found(disk, lane()).verdict == "ok"
    assert list((tmp_path / "state").iterdir()) == []


def test_a_file_where_the_folder_should_be_is_a_problem(lane: MakeLane, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    line = found(disk, lane(state_dir=tmp_path / "state" / "lane-1"))
    assert (line.verdict, "is not a folder" in line.seen) == ("problem", True)


def test_the_fix_for_a_full_disk_is_to_free_space(lane: MakeLane, mount: Mount) -> None:
    folder = mount("-t", "tmpfs", "-o", "size=1m", "tmpfs")
    with (folder / "ballast").open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    line = found(disk, lane(state_dir=folder))
    assert (line.verdict, line.seen) == ("problem", f"cannot write to {folder}: No space left on device")
    assert line.fix.startswith(f"free space on the disk of {folder}")


@pytest.mark.parametrize(("size", "verdict"), [("20m", "problem"), ("200m", "warning"), ("2g", "ok")])
def test_the_free_space_decides_the_verdict(size: str, verdict: str, lane: MakeLane, mount: Mount) -> None:
    assert found(disk, lane(state_dir=mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs"))).verdict == verdict


def test_a_read_only_disk_is_a_problem(lane: MakeLane, mount: Mount) -> None:
    folder = mount("-t", "tmpfs", "tmpfs")
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    line = found(disk, lane(state_dir=folder))
    assert (line.verdict, line.seen) == ("problem", f"cannot write to {folder}: Read-only file system")
    assert "sudo mount -o remount,rw" in line.fix


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_another_user_is_a_problem(lane: MakeLane) -> None:
    line = found(disk, lane(state_dir=Path("/etc/edge-agent-state")))
    assert (line.verdict, line.fix.startswith("sudo mkdir -p /etc/edge-agent-state")) == ("problem", True)


def test_an_intact_record_is_ok_with_its_number_of_sales(lane: MakeLane, tmp_path: Path) -> None:
    Database(tmp_path / "state").close()
    line = found(record, lane())
    assert (line.verdict, line.seen.endswith(f"{DATABASE_FILE}: 0 records, chain intact")) == ("ok", True)


def test_the_fix_for_a_damaged_file_keeps_it(lane: MakeLane, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / DATABASE_FILE).write_bytes(b"no database at all" * 100)
    line = found(record, lane())
    assert (line.verdict, "not a database" in line.seen) == ("problem", True)
    assert f"sudo mv {tmp_path}/state/{DATABASE_FILE} {tmp_path}/state/{DATABASE_FILE}.damaged" in line.fix


def test_a_record_with_sales_missing_is_a_problem(lane: MakeLane, tmp_path: Path) -> None:
    Database(tmp_path / "state").close()
    with closing(sqlite3.connect(tmp_path / "state" / DATABASE_FILE)) as database:
        database.execute("UPDATE audit_end SET number = 7 WHERE which = 'newest'")
        database.commit()
    line = found(record, lane())
    assert (line.verdict, "records 1 to 7 are missing" in line.seen) == ("problem", True)
    assert line.fix.startswith(f"edge-agent report verify --state-dir {tmp_path}/state")
