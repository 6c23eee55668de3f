"""Where the record is kept: writable, with room, and whole."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from edge.doctor.disk import disk, record
from edge.doctor.finding import Finding
from edge.doctor.targets import LaneSide
from edge.records.database import FILE, Database
from tests.commands import Mount

MakeLane = Callable[..., LaneSide]
Find = Callable[..., Finding]


def test_a_folder_that_is_not_there_yet_is_well_and_is_not_made(lane: MakeLane, found: Find, tmp_path: Path) -> None:
    line = found(disk, lane())
    assert (line.verdict, line.seen.endswith("made at the first start")) == ("ok", True)
    assert found(record, lane()).seen == "none yet"
    assert not (tmp_path / "state").exists()


def test_trying_a_folder_leaves_nothing_behind(lane: MakeLane, found: Find, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    assert found(disk, lane()).verdict == "ok"
    assert list((tmp_path / "state").iterdir()) == []


def test_a_file_where_the_folder_should_be_is_a_problem(lane: MakeLane, found: Find, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    line = found(disk, lane(state_dir=tmp_path / "state" / "lane-1"))
    assert (line.verdict, "is no folder" in line.seen) == ("problem", True)


def test_a_full_disk_is_a_problem_that_says_how_to_make_room(lane: MakeLane, found: Find, mount: Mount) -> None:
    folder = mount("-t", "tmpfs", "-o", "size=1m", "tmpfs")
    with (folder / "ballast").open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    line = found(disk, lane(state_dir=folder))
    assert (line.verdict, line.seen) == ("problem", f"{folder} cannot be written: No space left on device")
    assert line.mend.startswith(f"make room on the disk of {folder}")


@pytest.mark.parametrize(("size", "verdict"), [("20m", "problem"), ("200m", "warning"), ("2g", "ok")])
def test_a_disk_with_little_room_is_told(size: str, verdict: str, lane: MakeLane, found: Find, mount: Mount) -> None:
    assert found(disk, lane(state_dir=mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs"))).verdict == verdict


def test_a_read_only_disk_is_a_problem(lane: MakeLane, found: Find, mount: Mount) -> None:
    folder = mount("-t", "tmpfs", "tmpfs")
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    line = found(disk, lane(state_dir=folder))
    assert (line.verdict, line.seen) == ("problem", f"{folder} cannot be written: Read-only file system")
    assert "sudo mount -o remount,rw" in line.mend


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_somebody_elses_folder_is_a_problem(lane: MakeLane, found: Find) -> None:
    line = found(disk, lane(state_dir=Path("/etc/edge-agent-state")))
    assert (line.verdict, line.mend.startswith("sudo mkdir -p /etc/edge-agent-state")) == ("problem", True)


def test_a_record_is_counted_and_its_chain_followed(lane: MakeLane, found: Find, tmp_path: Path) -> None:
    Database(tmp_path / "state").close()
    line = found(record, lane())
    assert (line.verdict, line.seen.endswith(f"{FILE}: 0 restricted sales, chain whole")) == ("ok", True)


def test_a_damaged_file_is_a_problem_that_keeps_it_for_whoever_reads_the_record(
    lane: MakeLane, found: Find, tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FILE).write_bytes(b"no database at all" * 100)
    line = found(record, lane())
    assert (line.verdict, "not a database" in line.seen) == ("problem", True)
    assert f"sudo mv {tmp_path}/state/{FILE} {tmp_path}/state/{FILE}.damaged" in line.mend


def test_a_record_that_was_cut_short_is_a_problem(lane: MakeLane, found: Find, tmp_path: Path) -> None:
    Database(tmp_path / "state").close()
    with closing(sqlite3.connect(tmp_path / "state" / FILE)) as database:
        database.execute("UPDATE audit_end SET number = 7 WHERE which = 'newest'")
        database.commit()
    line = found(record, lane())
    assert (line.verdict, "records 1 to 7 are missing" in line.seen) == ("problem", True)
    assert line.mend.startswith(f"edge-agent report verify --state-dir {tmp_path}/state")
