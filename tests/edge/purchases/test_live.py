"""A running agent and a real till: purchases are filed by age band, and nothing else of them is stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import duckdb
import pytest

from edge.till.messages import BasketLine, SaleClosed
from tests.agents import AgentProcess, StartAgent
from tests.commands import EdgeAgent
from tests.screens import wait_for_customer
from tests.tills import TillDriver

pytestmark = pytest.mark.slow


class StartOnClip(Protocol):
    """Starts an agent whose camera shows a customer who stays. variables: EDGE_* variables."""

    def __call__(self, *flags: object, variables: dict[str, str] | None = None) -> AgentProcess: ...


@pytest.fixture
def start(long_clip: Path, start_agent: StartAgent) -> StartOnClip:
    def run(*flags: object, variables: dict[str, str] | None = None) -> AgentProcess:
        return start_agent("--video", long_clip, "--mode", "on-sale", *flags, variables=variables)

    return run


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TillDriver]:
    till = TillDriver("till-7", f"ipc://{tmp_path}/reliable")
    yield till
    till.close()


def close(till: TillDriver, sale_id: str, *basket: BasketLine) -> None:
    till.send(SaleClosed(sale_id=sale_id, cashier_id="anna", basket=basket))


def rows(folder: Path) -> list[tuple[object, ...]]:
    files = [str(file) for file in (folder / "insights").rglob("*.parquet")]
    query = f"SELECT band, band_probs, lines, store, lane FROM read_parquet({files}) ORDER BY lines[1].sku"
    return duckdb.sql(query).fetchall()


def test_sales_are_filed_with_the_band_of_their_customer(
    start: StartOnClip, till: TillDriver, tmp_path: Path, edge_agent: EdgeAgent
) -> None:
    agent = start("--insights.enabled", "--insights.notice", "Purchases are counted by age band.")
    till.greet()
    beer = BasketLine(sku="beer", category="beer", quantity=2, price=99.9, restricted=True)
    with_customer = till.open()
    wait_for_customer(agent.live)
    close(till, with_customer, beer)
    close(till, till.open(), BasketLine(sku="milk", quantity=-1))
    log = agent.stop()
    known, unknown = rows(agent.state)
    assert known[0] != "unknown", log
    assert isinstance(known[1], list)
    assert sum(known[1]) == pytest.approx(1, abs=0.001)
    assert known[2:] == ([{"category": "beer", "sku": "beer", "quantity": 2, "price": 99.9}], "store-1", "lane-1")
    assert unknown[:2] == ("unknown", None)
    assert unknown[2] == [{"category": None, "sku": "milk", "quantity": -1, "price": None}]
    for file in (agent.state / "insights").rglob("*.parquet"):
        assert not [word for word in (b"anna", b"till-7", with_customer.encode()) if word in file.read_bytes()]
    report = edge_agent("report", "basket", "--state-dir", agent.state)
    assert report.out.splitlines()[1].startswith("Fewer than 10 customers of known age bought something.")
    assert "1 sale not counted: nothing was bought, or all of it voided or returned" in report.out


def test_baskets_are_not_stored_unless_insights_are_enabled(
    start: StartOnClip, till: TillDriver, tmp_path: Path
) -> None:
    agent = start()
    till.greet()
    close(till, till.open(), BasketLine(sku="the-only-one-of-its-kind"))
    agent.stop()
    assert sorted(path.name for path in (agent.state).iterdir() if path.is_dir()) == []
    assert not [file for file in (agent.state).iterdir() if b"the-only-one-of-its-kind" in file.read_bytes()]


def test_an_agent_that_cannot_file_goes_on_and_logs_it_once(
    start: StartOnClip, till: TillDriver, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    agent = start(
        "--insights.enabled", "--insights.notice", "x", variables={"EDGE_INSIGHTS__FOLDER": f"{tmp_path}/file/x"}
    )
    till.greet()
    close(till, till.open(), BasketLine(sku="milk"))
    close(till, till.open(), BasketLine(sku="milk"))
    log = agent.stop()
    assert log.count("purchases cannot be filed and stay in the lane's database") == 1
    assert "Traceback" not in log
