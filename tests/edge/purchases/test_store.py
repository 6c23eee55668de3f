"""A sale and its purchase are stored together or not at all, also when the disk fails."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path

from edge.lane.lane import Lane
from edge.lane.ledger import Ledger
from edge.lane.outcomes import Closed
from edge.lane.recorder import Recorder
from edge.lane.rules import LaneRules
from edge.purchases.store import PurchaseStore
from edge.records.database import Database
from edge.settings.config import Settings
from edge.settings.sections import InsightsSettings
from edge.till.identity import ReplayIdentity
from edge.till.messages import BasketLine, RestrictedItem, SaleClosed, SaleOpened
from tests.commands import Mount
from tests.edge.people import LIMIT
from tests.edge.purchases.conftest import purchase_of


def waiting(folder: Path) -> list[tuple[object, ...]]:
    """The stored purchases, as day and JSON."""
    with closing(Database(folder, read_only=True)) as database:
        return database.rows("SELECT day, purchase FROM purchase ORDER BY number")


def open_shop(folder: Path, **insights: object) -> tuple[Recorder, Callable[[str], bool]]:
    """A recorder, and a function that sells milk and beer at its lane and returns whether that was recorded. insights:
    settings of this section."""
    lane = Lane(LaneRules(Settings(mode="on-sale"), {18: LIMIT}, "0123456789ab"), ReplayIdentity())
    settings = Settings(mode="on-sale", state_dir=folder, insights=InsightsSettings.model_validate(insights))
    recorder = Recorder(settings, lane, ReplayIdentity(), 0.0)

    def sell(sale_id: str) -> bool:
        lane.receive("till-1", "1", SaleOpened(sale_id=sale_id), 0.0)
        lane.receive("till-1", "2", RestrictedItem(sale_id=sale_id), 0.0)
        basket = (BasketLine(sku=f"milk of {sale_id}"), BasketLine(sku="beer", restricted=True))
        outcomes = lane.receive("till-1", "3", SaleClosed(sale_id=sale_id, basket=basket), 0.0)
        return recorder.record([outcome for outcome in outcomes if isinstance(outcome, Closed)], [], 0.0)

    return recorder, sell


def test_a_purchase_is_stored_when_its_sale_closes(tmp_path: Path) -> None:
    recorder, sell = open_shop(tmp_path, enabled=True, notice="x")
    assert sell("sale-1")
    recorder.close()
    [(day, text)] = waiting(tmp_path)
    assert day == "2000-01-01"
    assert "milk of sale-1" in str(text)


def test_a_purchase_is_not_stored_if_its_transaction_fails(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "lane-1", keep_purchases=True)
    assert ledger.purchase_tables
    with suppress(KeyboardInterrupt), ledger.transaction():
        ledger.purchase_tables.purchases.add(purchase_of())
        raise KeyboardInterrupt
    ledger.close()
    assert waiting(tmp_path) == []


def test_purchases_wait_in_memory_while_the_disk_is_full(mount: Mount) -> None:
    disk = mount("-t", "tmpfs", "-o", "size=1m", "tmpfs")
    recorder, sell = open_shop(disk, enabled=True, notice="x")
    with (disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while ballast.write(b"x" * 4096):
            pass
    tries = [sell(f"sale-{number}") for number in range(100)]
    assert not all(tries)
    (disk / "ballast").unlink()
    recorder.recover(1.0)
    assert recorder.problem == ""
    recorder.close()
    assert len(waiting(disk)) == 100


def test_a_lane_that_keeps_no_purchases_has_no_table_for_them(tmp_path: Path) -> None:
    recorder, sell = open_shop(tmp_path)
    assert sell("sale-1")
    recorder.close()
    with closing(Database(tmp_path, read_only=True)) as database:
        assert database.rows("SELECT name FROM sqlite_master WHERE name = 'purchase'") == []


def test_days_are_listed_oldest_first(tmp_path: Path, noon: datetime) -> None:
    with closing(Database(tmp_path)) as database:
        store = PurchaseStore(database)
        for back in (0, 1, 0):
            store.add(purchase_of(time=noon - timedelta(days=back)))
        before, today = store.days()
        assert (before.day, len(store.rows(before))) == ("2026-10-31", 1)
        assert (today.day, len(store.rows(today)), today.last) == ("2026-11-01", 2, 3)
        store.remove(before)
        assert [day.day for day in store.days()] == ["2026-11-01"]


def test_removing_a_day_keeps_rows_added_since_it_was_read(tmp_path: Path) -> None:
    with closing(Database(tmp_path)) as database:
        store = PurchaseStore(database)
        store.add(purchase_of())
        [day] = store.days()
        store.add(purchase_of())
        store.remove(day)
        [left] = store.days()
        assert (left.last, left.key == day.key) == (2, False)


def test_numbers_and_keys_are_never_reused(tmp_path: Path) -> None:
    seen = set()
    with closing(Database(tmp_path)) as database:
        store = PurchaseStore(database)
        for _ in range(3):
            store.add(purchase_of())
            [day] = store.days()
            seen.add((day.last, day.key))
            store.remove(day)
    assert len({last for last, _ in seen}) == len({key for _, key in seen}) == 3
