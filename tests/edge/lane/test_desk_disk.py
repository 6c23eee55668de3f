"""The till desk when the disk fails: answers are UNKNOWN, and nothing is lost or corrupted."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from edge.records.audit import Audit
from edge.records.changes import SettingsInForce
from edge.records.database import Database
from edge.till.messages import Ack, Health, Hello, IdChecked, RestrictedItem, SaleClosed, SaleOpened
from tests.edge.lane.shop import CLOSE, NEW_YEAR, OPEN, SCAN, Shop, records


def test_without_a_writable_folder_the_answer_is_unknown_with_the_reason(tmp_path: Path, shop: Shop) -> None:
    shop.stop()
    (tmp_path / "file").touch()
    shop.state_dir = tmp_path / "file" / "state"
    shop.start()
    for message in (Hello(till="till-1"), OPEN, SCAN):
        assert isinstance(shop.ask(message), Ack)
    shop.run(1.0)
    [alert] = shop.until(shop.alerts)
    assert (alert.decision, alert.reasons) == ("UNKNOWN", ("not-recorded",))
    shop.run(1.0)
    health = shop.until(lambda: [data for _, data in shop.inbox["till-1"] if isinstance(data, Health)])
    assert "cannot open" in health[0].problems[0]
    # The disk is back: the sale is recorded.
    (tmp_path / "file").unlink()
    shop.ask(CLOSE)
    shop.run(1.1)
    assert [record.sale_id for record in records(shop)] == ["sale-1"]
    assert shop.lane.recording


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> None:
    with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(1024))


def test_on_a_full_disk_the_answers_are_unknown_until_there_is_room(small_disk: Path, shop: Shop) -> None:
    shop.stop()
    shop.state_dir = small_disk
    shop.start()
    fill(small_disk)
    for message in (Hello(till="till-1"), OPEN, SCAN):
        assert isinstance(shop.ask(message), Ack)
    shop.run(1.0)
    [alert] = shop.until(shop.alerts)
    assert (alert.decision, alert.reasons) == ("UNKNOWN", ("not-recorded",))
    shop.confirm(alert)
    assert isinstance(shop.ask(CLOSE), Ack)
    assert not shop.lane.recording
    (small_disk / "ballast").unlink()
    shop.run(1.1)
    assert shop.lane.recording
    [record] = records(shop)
    assert (record.sale_id, record.alerts[0].expired) == ("sale-1", False)


def test_a_full_disk_at_any_step_of_a_sale_corrupts_nothing(small_disk: Path, shop: Shop) -> None:
    shop.stop()
    shop.state_dir = small_disk
    shop.start()
    shop.ask(Hello(till="till-1"))
    for full_before in range(6):
        name = f"sale-{full_before}"
        check = IdChecked(sale_id=name, outcome="passed")
        for step, message in enumerate((SaleOpened(sale_id=name), RestrictedItem(sale_id=name), check)):
            if step == full_before % 3:
                fill(small_disk)
            shop.ask(message)
            shop.run(1.0)
        (small_disk / "ballast").unlink()
        shop.ask(SaleClosed(sale_id=name))
        shop.run(1.1)
        assert len(records(shop)) == full_before + 1
    assert [record.check for record in records(shop)] == ["passed"] * 6


def test_a_change_of_settings_waits_for_the_disk(tmp_path: Path, shop: Shop) -> None:
    shop.stop()
    (tmp_path / "file").touch()
    shop.state_dir = tmp_path / "file" / "state"
    shop.start()
    for after in (1, 2):
        shop.desk.note_settings(SettingsInForce("lane-1", NEW_YEAR, "page", "anna", "0123", "4567", {"a": after}, {}))
    (tmp_path / "file").unlink()
    shop.run(1.1)
    with closing(Database(shop.state_dir)) as database:
        changes = [(change.name, change.changed[0].after) for _, change in Audit(database).changes()]
    assert changes == [("anna", 1), ("anna", 2)]
