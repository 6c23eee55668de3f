"""Kill the process that stores and files purchases at random: every closed sale is there exactly once."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import pytest

from edge.lane.lane import Lane
from edge.lane.ledger import FILED_TABLES
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
from tests.edge.clocks import right_clocks
from tests.edge.people import LIMIT

pytestmark = pytest.mark.slow

KILLS = 12
FILED = "filed"
NEXT_DAY = right_clocks(datetime(2000, 1, 2, tzinfo=timezone.utc))


def settings_for(folder: Path) -> Settings:
    return Settings(state_dir=folder, mode="on-sale", insights={"enabled": True, "notice": "we count"})


def sell(folder: Path) -> None:
    """Close sales for ever, each with a unique sku, and print the sku once the sale is stored. Another thread files."""
    settings, names = settings_for(folder), LiveIdentity()
    lane = Lane(LaneRules(settings, {18: LIMIT}, "model"), ReplayIdentity())
    recorder = Recorder(settings, lane, ReplayIdentity(), 0.0)
    threading.Thread(target=lambda: file(settings), daemon=True).start()
    while True:
        sku = names.new_id()
        lane.receive("till-1", "message", SaleOpened(sale_id=sku), 0.0)
        outcomes = lane.receive("till-1", "message", SaleClosed(sale_id=sku, basket=(BasketLine(sku=sku),)), 0.0)
        recorder.record([outcome for outcome in outcomes if isinstance(outcome, Closed)], [], 0.0)
        while recorder.problem:  # the database was locked for too long, and the sale waits in memory
            recorder.recover(0.0)
        print_line(sku)
        time.sleep(0.005)


def file(settings: Settings) -> None:
    filing = Filing(settings, FILED_TABLES)
    while True:
        failures = filing.failures
        filing.update(NEXT_DAY)
        if filing.failures == failures:
            print_line(FILED)


def print_line(word: str) -> None:
    """Print a word in one write, so that two threads do not mix their lines."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def count_skus(folder: Path) -> Counter[str]:
    """How often each sku is in the files and in the database."""
    files = [str(file) for file in settings_for(folder).purchases.rglob("*.parquet")]
    found = duckdb.sql(f"SELECT lines[1].sku FROM read_parquet({files})").fetchall() if files else []
    with closing(Database(folder)) as database:
        store = PurchaseStore(database)
        waiting = [Purchase.model_validate_json(text) for day in store.days() for text in store.rows(day)]
    return Counter([sku for (sku,) in found] + [purchase.lines[0].sku for purchase in waiting])


def test_every_closed_sale_is_there_once_however_often_the_power_fails(tmp_path: Path) -> None:
    chance, closed = random.Random(0), set[str]()
    for kill in range(KILLS):
        command = [sys.executable, "-m", __name__, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as shop:
            assert shop.stdout
            # In every third round, kill before the first filing.
            for line in shop.stdout:
                closed.add(line.strip())
                if kill % 3 == 0 or FILED in closed:
                    break
            closed.discard(FILED)
            time.sleep(chance.uniform(0, 0.5))
            shop.kill()
            out, err = shop.communicate()
        assert not err, err
        closed |= {line.strip() for line in out.splitlines(keepends=True) if line.endswith("\n")} - {FILED}
    assert list(settings_for(tmp_path).purchases.rglob("*.parquet")), "no round got as far as filing"
    Filing(settings_for(tmp_path), FILED_TABLES).update(NEXT_DAY)
    found = count_skus(tmp_path)
    assert len(closed) > KILLS
    assert closed <= set(found), "a closed sale was lost"
    assert set(found.values()) == {1}, "a sale is there twice"
    assert len(found) - len(closed) <= KILLS, "each kill adds at most the sale that was being closed"


if __name__ == "__main__":
    sell(Path(sys.argv[1]))
