"""The running agent and a real till: what they sell is filed, by band, and nothing else is kept of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from edge.till.messages import Ack, BasketLine, Data, Hello, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till
from tests.agents import AgentProcess, StartAgent
from tests.commands import EdgeAgent

pytestmark = pytest.mark.slow


@pytest.fixture
def start(demo_clip: Path, start_agent: StartAgent) -> StartAgent:
    """Start an agent on the drawn clip."""

    def run(*flags: object, **options: Any) -> AgentProcess:
        return start_agent("--video", demo_clip, "--mode", "on-sale", *flags, **options)

    return run


@pytest.fixture
def say(tmp_path: Path) -> Iterator[Callable[[Data], None]]:
    """Say something as a till, and wait until the agent has it."""
    till = Till("till-7", f"ipc://{tmp_path}/reliable")

    def send(message: Data) -> None:
        till.send(message)
        end_s = time.monotonic() + 60
        while not isinstance(till.receive(end_s - time.monotonic()), Ack):
            assert time.monotonic() < end_s, "nobody answered"

    yield send
    till.close()


def sell(say: Callable[[Data], None], sale_id: str, *basket: BasketLine, looked_at_s: float = 0) -> None:
    say(SaleOpened(sale_id=sale_id))
    time.sleep(looked_at_s)
    say(SaleClosed(sale_id=sale_id, cashier_id="anna", basket=basket))


def rows(folder: Path) -> list[tuple[Any, ...]]:
    files = [str(file) for file in (folder / "insights").rglob("*.parquet")]
    query = f"SELECT band, band_probs, lines, store, lane FROM read_parquet({files}) ORDER BY lines[1].sku"
    return duckdb.sql(query).fetchall()


def test_sales_are_filed_with_the_band_of_their_customer(
    start: StartAgent, say: Callable[[Data], None], tmp_path: Path, edge_agent: EdgeAgent
) -> None:
    agent = start("--insights.enabled", "--insights.notice", "Purchases are counted by age band.")
    say(Hello(till="till-7"))
    beer = BasketLine(sku="beer", category="beer", quantity=2, price=99.9, restricted=True)
    sell(say, "sale-with-a-customer", beer, looked_at_s=5)
    sell(say, "sale-without", BasketLine(sku="milk", quantity=-1))
    log = agent.stop(within_s=30)
    seen, unseen = rows(agent.state)
    assert seen[0] != "unknown", log
    assert sum(seen[1]) == pytest.approx(1, abs=0.001)
    assert seen[2:] == ([{"category": "beer", "sku": "beer", "quantity": 2, "price": 99.9}], "store-1", "lane-1")
    assert unseen[:2] == ("unknown", None)
    assert unseen[2] == [{"category": None, "sku": "milk", "quantity": -1, "price": None}]
    for file in (agent.state / "insights").rglob("*.parquet"):
        assert not [word for word in (b"anna", b"till-7", b"sale-with") if word in file.read_bytes()]
    report = edge_agent("report", "basket", "--state-dir", agent.state)
    assert report.out.splitlines()[0].endswith("fewer than 10 customers of known age, too few to be shown.")
    assert "1 sale left out: no line in the basket that can be used" in report.out


def test_baskets_are_not_stored_unless_insights_are_enabled(
    start: StartAgent, say: Callable[[Data], None], tmp_path: Path
) -> None:
    agent = start()
    say(Hello(till="till-7"))
    sell(say, "sale-1", BasketLine(sku="the-only-one-of-its-kind"))
    agent.stop(within_s=30)
    assert sorted(path.name for path in (agent.state).iterdir() if path.is_dir()) == []
    assert not [file for file in (agent.state).iterdir() if b"the-only-one-of-its-kind" in file.read_bytes()]


def test_an_agent_that_cannot_file_goes_on_and_logs_it_once(
    start: StartAgent, say: Callable[[Data], None], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    agent = start(
        "--insights.enabled", "--insights.notice", "x", variables={"EDGE_INSIGHTS__FOLDER": f"{tmp_path}/file/x"}
    )
    say(Hello(till="till-7"))
    sell(say, "sale-1", BasketLine(sku="milk"))
    sell(say, "sale-2", BasketLine(sku="milk"))
    log = agent.stop(within_s=30)
    assert log.count("purchases of lane-1 cannot be filed and stay in its database") == 1
    assert "Traceback" not in log
