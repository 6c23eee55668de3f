"""`edge-agent restore`: a database of a backup in the place of a lane's, never while the lane runs."""

from __future__ import annotations

import io
import os
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import RunError, UsageError
from edge.lane.ledger import Ledger
from edge.records.audit import Audit
from edge.records.database import Database
from edge.records.lock import StateLock
from edge.reports.command import report
from tests.commands import Mount
from tests.edge.records.audit.conftest import sale_of
from tests.edge.records.backup.conftest import AddSales, RunCommand, sales_in


@pytest.fixture
def saved(sell: AddSales, backup: RunCommand, tmp_path: Path) -> Path:
    """A backup of a lane with two sales, which has made two more since."""
    file = tmp_path / "lane.tar.gz"
    backup(file, "--state-dir", sell(1, 2))
    sell(3, 4)
    return file


@pytest.fixture
def lane(tmp_path: Path) -> Path:
    """The state folder of that lane."""
    return tmp_path / "lane"


def test_the_lane_has_the_sales_of_the_backup_and_keeps_the_database_before(
    saved: Path, lane: Path, restore: RunCommand
) -> None:
    first, later, kept = restore(saved, "--state-dir", lane).splitlines()
    assert first.startswith("restored lane-1: 2 records, newest is number 3 with hash ")
    assert later == "lane-1: the database before ended with number 5, so later records are only there"
    file = Path(kept.removeprefix("lane-1: the database before is kept as ").removesuffix("; delete it in time"))
    assert sorted(path.name for path in lane.iterdir()) == ["lane.db", file.name, "lane.lock"]
    assert sales_in(lane) == ["sale-1", "sale-2"]
    old = lane.parent / "old"
    old.mkdir()
    file.rename(old / "lane.db")
    assert sales_in(old) == ["sale-1", "sale-2", "sale-3", "sale-4"]


def test_the_chain_says_that_it_was_restored_and_goes_on(
    saved: Path, lane: Path, restore: RunCommand, sell: AddSales, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Database(lane)) as database:
        before = Audit(database).head
    restore(saved, "--state-dir", lane)
    sell(5)
    with closing(Database(lane)) as database:
        (_, mark) = [*Audit(database).marks()][-1]
    assert (mark.mark, mark.lane, mark.replaced, mark.replaced_hash) == ("restored", "lane-1", 5, before.hash)
    report(["verify", "--state-dir", str(lane)])
    *notes, last = capsys.readouterr().out.splitlines()
    assert "from a backup that ended with record 3; the one before ended with record 5" in notes[-1]
    assert last.startswith("3 records, chain intact, newest is number 5 with hash ")


def test_a_running_lane_goes_on_and_loses_nothing(saved: Path, lane: Path, restore: RunCommand) -> None:
    with closing(Ledger(lane, "lane-1")) as running:
        with pytest.raises(RunError, match=r"a lane runs on .*/lane: stop it first .*; nothing was changed$"):
            restore(saved, "--state-dir", lane)
        running.close_sale(sale_of(5).model_copy(update={"restricted_at": sale_of(5).opened_at}))
    assert sales_in(lane) == [f"sale-{day}" for day in range(1, 6)]


def test_an_alert_that_waited_in_the_backup_is_not_sent_to_the_next_customer(
    lane: Path, tmp_path: Path, backup: RunCommand, restore: RunCommand
) -> None:
    with closing(Ledger(lane, "lane-1")) as running:
        running.outbox.add("alert-1", "sale-1", "till-1", "{}", expires_at=4e9)
        backup(tmp_path / "lane.tar.gz", "--state-dir", lane)
    with closing(Ledger(lane, "lane-1")) as again:
        assert not again.restarted
    restore(tmp_path / "lane.tar.gz", "--state-dir", lane)
    with closing(Ledger(lane, "lane-1")) as restored:
        assert restored.restarted, "a lane sends no alert from before a start of its box"


def test_what_a_killed_agent_left_in_the_log_of_the_database_damages_nothing(
    saved: Path, lane: Path, restore: RunCommand, sell: AddSales, tmp_path: Path
) -> None:
    connection = sqlite3.connect(lane / "lane.db")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("INSERT INTO unfinished_sale VALUES ('till-1', 'sale-9', '', '{}')")
    connection.commit()
    left = (lane / "lane.db-wal").read_bytes()
    connection.close()
    (lane / "lane.db-wal").write_bytes(left)
    restore(saved, "--state-dir", lane)
    assert not (lane / "lane.db-wal").exists()
    assert sales_in(lane) == ["sale-1", "sale-2"]


def test_a_database_that_cannot_be_read_is_replaced_and_kept(saved: Path, lane: Path, restore: RunCommand) -> None:
    (lane / "lane.db").write_bytes(b"rubbish" * 1000)
    (lane / "lane.db-wal").write_bytes(b"rubbish" * 1000)
    lines = restore(saved, "--state-dir", lane).splitlines()
    assert lines[1] == "lane-1: the database before cannot be read"
    assert sales_in(lane) == ["sale-1", "sale-2"]
    kept = [path.read_bytes()[:7] for path in lane.iterdir() if ".replaced-" in path.name]
    assert kept == [b"rubbish"] * len(kept)


def test_a_new_box_gets_the_lane_of_an_old_one(saved: Path, tmp_path: Path, restore: RunCommand) -> None:
    (line,) = restore(saved, "--state-dir", tmp_path / "new" / "box").splitlines()
    assert line.startswith("restored lane-1: 2 records")
    assert sales_in(tmp_path / "new" / "box") == ["sale-1", "sale-2"]
    assert (tmp_path / "new" / "box" / "lane.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can restore for another user")
def test_what_root_restores_belongs_to_the_user_of_the_lane(saved: Path, tmp_path: Path, restore: RunCommand) -> None:
    folder = tmp_path / "service"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)
    restore(saved, "--state-dir", folder)
    assert {path.name: path.stat().st_uid for path in folder.iterdir()} == {"lane.db": 12345, "lane.lock": 12345}


def archive_of(file: Path, **members: bytes) -> Path:
    with tarfile.open(file, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(f"{name.replace('_', '-')}/lane.db")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file


def test_a_file_that_is_no_good_backup_changes_nothing(
    saved: Path, lane: Path, restore: RunCommand, tmp_path: Path
) -> None:
    cut, other = tmp_path / "cut.tar.gz", tmp_path / "notes.txt"
    cut.write_bytes(saved.read_bytes()[:-700])
    other.write_text("to do")
    with tarfile.open(tmp_path / "link.tar.gz", "w:gz") as archive:
        link = tarfile.TarInfo("lane-1/lane.db")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    for file, problem in {
        cut: "is no backup of edge-agent, or is damaged: ",
        other: "is no backup of edge-agent, or is damaged: not a gzip file",
        tmp_path / "none": "cannot read .*/none: No such file or directory",
        tmp_path / "link.tar.gz": "is no backup of edge-agent: no lane is in it",
        archive_of(tmp_path / "empty.tar.gz", lane_1=b""): r"lane lane-1 in .*: .*lane.db is empty",
        archive_of(tmp_path / "rubbish.tar.gz", lane_1=b"rubbish" * 999): r"lane lane-1 in .*: cannot open .*not a da",
    }.items():
        with pytest.raises(RunError, match=problem):
            restore(file, "--state-dir", lane)
    assert sorted(path.name for path in lane.iterdir()) == ["lane.db", "lane.lock"]
    assert sales_in(lane) == ["sale-1", "sale-2", "sale-3", "sale-4"]


def test_the_backup_of_another_lane_changes_nothing(
    saved: Path,
    sell: AddSales,
    restore: RunCommand,
    backup: RunCommand,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wine = sell(7, folder="wine", lane="wine")
    monkeypatch.setenv("EDGE_LANE", "wine")
    with pytest.raises(UsageError, match=r"lane\.tar\.gz has no lane wine: it has lane-1"):
        restore(saved, "--state-dir", wine)
    with pytest.raises(UsageError, match="there is no lane beer: this box has wine"):
        restore(saved, "--state-dir", wine, "--lane", "beer")
    swapped = archive_of(tmp_path / "swapped.tar.gz", wine=(tmp_path / "lane" / "lane.db").read_bytes())
    with pytest.raises(RunError, match=r"lane wine in .* holds the records of lane lane-1"):
        restore(swapped, "--state-dir", wine)
    assert sales_in(wine) == ["sale-7"]


def test_a_full_disk_changes_nothing(saved: Path, mount: Mount, restore: RunCommand) -> None:
    disk = mount("-t", "tmpfs", "-o", "size=32k", "none")
    with pytest.raises(RunError, match=r"cannot restore into .*: No space left on device"):
        restore(saved, "--state-dir", disk)
    assert [path.name for path in disk.iterdir()] == ["lane.lock"]


def test_a_restore_that_was_killed_leaves_the_old_state_and_can_be_repeated(
    saved: Path, lane: Path, restore: RunCommand
) -> None:
    (lane / ".restore").mkdir()
    (lane / ".restore" / "lane.db").write_bytes(b"half")
    assert sales_in(lane) == ["sale-1", "sale-2", "sale-3", "sale-4"]
    restore(saved, "--state-dir", lane)
    assert sales_in(lane) == ["sale-1", "sale-2"]
    assert not (lane / ".restore").exists()


def test_a_lane_that_starts_during_a_restore_has_to_wait(lane: Path, saved: Path) -> None:
    lock = StateLock(lane)
    with pytest.raises(UsageError, match="another edge-agent uses"):
        Ledger(lane, "lane-1")
    lock.close()
