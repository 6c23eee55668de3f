"""Kill -9 whoever keeps and files purchases, at any instant: every sale that was closed is there, and once only."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import pytest

from edge.lane.lane import Lane
from edge.lane.ledger import FILED_TABLES as TABLES
from edge.lane.outcomes import Closed
from edge.lane.recorder import Recorder
from edge.lane.rules import LaneRules
from edge.purchases.filing import Filing
from edge.purchases.purchases import Purchase
from edge.purchases.store import PurchaseStore
from edge.records.database import Database
from edge.settings.config import Settings
from edge.till.identity import LiveIdentity, ReplayIdentity
from edge.till.messages import BasketLine, SaleClosed, SaleOpened

pytestmark = pytest.mark.slow

KILLS = 12
FILED_TABLES = "filed"
NEXT_DAY = date(2000, 1, 2)


def settings_for(folder: Path) -> Settings:
    return Settings(state_dir=folder, mode="on-sale", insights={"enabled": True, "notice": "we count"})


def sell(folder: Path) -> None:
    """Close sales for ever, each with one sku that no other has, and print it once the sale is kept; file meanwhile."""
    settings, names = settings_for(folder), LiveIdentity()
    lane = Lane(LaneRules(settings, 25, "model"), ReplayIdentity())
    recorder = Recorder(settings, lane, ReplayIdentity(), 0.0)
    threading.Thread(target=lambda: file(settings), daemon=True).start()
    while True:
        sku = names.new_id()
        lane.receive("till-1", "message", SaleOpened(sale_id=sku), 0.0)
        outcomes = lane.receive("till-1", "message", SaleClosed(sale_id=sku, basket=(BasketLine(sku=sku),)), 0.0)
        recorder.record([one for one in outcomes if isinstance(one, Closed)], [])
        while recorder.problem:  # the database was locked for too long, and the sale waits in memory
            recorder.recover(0.0)
        say(sku)
        time.sleep(0.005)


def file(settings: Settings) -> None:
    filing = Filing(settings, TABLES)
    while True:
        failures = filing.failures
        filing.update(NEXT_DAY)
        if filing.failures == failures:
            say(FILED_TABLES)


def say(word: str) -> None:
    """In one piece, whichever thread says it."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def left(folder: Path) -> Counter[str]:
    """How often each sku is there, in files or in the journal."""
    files = [str(file) for file in settings_for(folder).purchases.rglob("*.parquet")]
    found = duckdb.sql(f"SELECT lines[1].sku FROM read_parquet({files})").fetchall() if files else []
    with closing(Database(folder)) as database:
        journal = PurchaseStore(database)
        waiting = [Purchase.model_validate_json(text) for day in journal.days() for text in journal.rows(day)]
    return Counter([sku for (sku,) in found] + [one.lines[0].sku for one in waiting])


def test_every_closed_sale_is_there_once_however_often_the_power_fails(tmp_path: Path) -> None:
    chance, closed = random.Random(0), set[str]()
    for kill in range(KILLS):
        command = [sys.executable, __file__, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as shop:
            assert shop.stdout
            # One time in three it has not filed anything yet.
            for line in shop.stdout:
                closed.add(line.strip())
                if kill % 3 == 0 or FILED_TABLES in closed:
                    break
            closed.discard(FILED_TABLES)
            time.sleep(chance.uniform(0, 0.5))
            shop.kill()
            out, err = shop.communicate()
        assert not err, err
        closed |= {line.strip() for line in out.splitlines(keepends=True) if line.endswith("\n")} - {FILED_TABLES}
    assert list(settings_for(tmp_path).purchases.rglob("*.parquet")), "it was never cut off while it filed"
    Filing(settings_for(tmp_path), TABLES).update(NEXT_DAY)
    found = left(tmp_path)
    assert len(closed) > KILLS
    assert closed <= set(found), "a closed sale was lost"
    assert set(found.values()) == {1}, "a sale was counted twice"
    assert len(found) - len(closed) <= KILLS, "of each sale that was cut off, at most itself is there"


if __name__ == "__main__":
    sell(Path(sys.argv[1]))
