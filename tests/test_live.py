"""A running agent with real sockets and a real till."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import zmq

from edge.decision.policy import Decision
from edge.till.messages import Alert, Error, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till
from tests.agents import AgentProcess, StartAgent
from tests.screens import wait_for_customer
from tests.tills import TillDriver

pytestmark = pytest.mark.slow

RUBBISH = [b"", b"beer", b"{}", b"\xff\xfe", b'{"specversion":"0.3"}', b"[" * 1000]


@pytest.fixture
def agent(long_clip: Path, start_agent: StartAgent) -> AgentProcess:
    """An agent whose camera shows a customer who stays."""
    return start_agent("--video", long_clip)


@pytest.fixture
def till(agent: AgentProcess) -> Iterator[TillDriver]:
    """A till whose hello the agent has confirmed."""
    till = TillDriver("till-7", agent.reliable)
    till.greet()
    yield till
    till.close()


def test_a_scan_is_answered_with_an_alert_for_its_sale(till: TillDriver, agent: AgentProcess) -> None:
    sale_id = till.open()
    wait_for_customer(agent.live)
    till.greet()
    assert till.alerts == [], "nothing was scanned yet"
    till.scan(sale_id)
    answer = till.answer()
    assert answer.sale_id == sale_id
    assert answer.age is not None
    assert answer.grab_to_alert_ms is not None
    till.finish(sale_id)


def test_a_scan_in_an_empty_lane_asks_for_id(start_agent: StartAgent) -> None:
    with closing(TillDriver("till-7", start_agent("--camera", "test:").reliable)) as till:
        answer = till.decide()
    assert answer.decision is Decision.UNKNOWN
    assert answer.age is None
    assert answer.text.en.startswith("Ask for ID")
    assert answer.text.ru.startswith("Проверьте документы")


def test_a_closed_sale_gets_no_alert(start_agent: StartAgent) -> None:
    """It is closed before the lane can know an age."""
    with closing(Till("till-7", start_agent("--camera", "test:").reliable)) as till:
        for message in (SaleOpened(sale_id="s-1"), RestrictedItem(sale_id="s-1"), SaleClosed(sale_id="s-1")):
            till.send(message)
        end_s = time.monotonic() + 3
        while (left_s := end_s - time.monotonic()) > 0:
            assert not isinstance(till.receive(left_s), Alert)


def test_a_scan_for_a_sale_that_is_not_open_is_an_error(agent: AgentProcess) -> None:
    with closing(Till("till-7", agent.reliable)) as till:
        till.send(RestrictedItem(sale_id="s-9"))
        while not isinstance(error := till.receive(60), Error):
            assert error is not None
    assert "sale s-9 is not open" in error.text


def test_an_invalid_message_is_answered_with_an_error_and_tills_go_on(till: TillDriver, agent: AgentProcess) -> None:
    for rubbish in RUBBISH:
        context = zmq.Context()
        socket = context.socket(zmq.DEALER)
        socket.connect(agent.reliable)
        socket.send(rubbish)
        assert socket.poll(60_000), rubbish
        assert json.loads(socket.recv())["type"] == "lane.error", rubbish
        context.destroy(linger=0)
        till.greet()


def test_the_live_channel_publishes_the_state_of_the_lane(agent: AgentProcess) -> None:
    context = zmq.Context()
    screen = context.socket(zmq.SUB)
    screen.subscribe("lane.state.lane-1")
    screen.connect(agent.live)
    assert screen.poll(60_000)
    topic, event = screen.recv_multipart()
    context.destroy(linger=0)
    assert topic == b"lane.state.lane-1"
    assert json.loads(event)["data"]["lane"] == "lane-1"


@pytest.mark.usefixtures("till")
def test_sigterm_ends_the_agent_cleanly(agent: AgentProcess) -> None:
    assert "frames/s" in agent.stop()
