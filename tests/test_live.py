"""A running agent on a drawn clip, with real sockets and a real till."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from edge.decision.policy import Decision
from edge.till.messages import Ack, Alert, Data, Error, Health, Hello, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till
from tests.agents import AgentProcess, StartAgent

pytestmark = pytest.mark.slow

RUBBISH = [b"", b"beer", b"{}", b"\xff\xfe", b'{"specversion":"0.3"}', b"[" * 1000]


@pytest.fixture
def agent(demo_clip: Path, start_agent: StartAgent) -> AgentProcess:
    """An agent on the drawn clip, in real time."""
    return start_agent("--video", demo_clip)


@pytest.fixture
def till(agent: AgentProcess) -> Iterator[Till]:
    """A till whose hello the agent has confirmed."""
    till = Till("till-7", agent.reliable)
    till.send(Hello(till="till-7"))
    assert isinstance(reply(till), Ack)
    yield till
    till.close()


def reply(till: Till) -> Data | None:
    """The next message that is not the agent's heartbeat."""
    while isinstance(message := till.receive(30), Health):
        pass
    return message


def alerts(till: Till, seconds: float) -> list[Alert]:
    found, end_s = [], time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 0:
        message = till.receive(left_s)
        if isinstance(message, Alert):
            found.append(message)
    return found


def test_a_scan_is_answered_with_an_alert_for_its_sale(till: Till) -> None:
    till.send(SaleOpened(sale_id="s-1"))
    assert alerts(till, 3) == [], "nothing was scanned yet"
    till.send(RestrictedItem(sale_id="s-1"))
    answer = alerts(till, 1)
    assert [alert.sale_id for alert in answer] == ["s-1"]
    assert answer[0].age is not None
    assert answer[0].grab_to_alert_ms is not None
    assert answer[0].grab_to_alert_ms < 1000


def test_a_scan_in_an_empty_lane_asks_for_id(till: Till) -> None:
    till.send(SaleOpened(sale_id="s-1"))
    till.send(RestrictedItem(sale_id="s-1"))
    answer = alerts(till, 1)
    assert answer[0].decision is Decision.UNKNOWN
    assert answer[0].age is None
    assert answer[0].text.en.startswith("Ask for ID")
    assert answer[0].text.ru.startswith("Проверьте документы")


def test_a_closed_sale_gets_no_alert(till: Till) -> None:
    till.send(SaleOpened(sale_id="s-1"))
    till.send(RestrictedItem(sale_id="s-1"))
    till.send(SaleClosed(sale_id="s-1"))
    assert alerts(till, 2) == []


def test_a_scan_for_a_sale_that_is_not_open_is_an_error(till: Till) -> None:
    till.send(RestrictedItem(sale_id="s-9"))
    error = reply(till)
    assert isinstance(error, Error)
    assert "sale s-9 is not open" in error.text


def test_an_invalid_message_is_answered_with_an_error_and_tills_go_on(till: Till, agent: AgentProcess) -> None:
    for number, rubbish in enumerate(RUBBISH):
        context = zmq.Context()
        socket = context.socket(zmq.DEALER)
        socket.connect(agent.reliable)
        socket.send(rubbish)
        assert socket.poll(5000), rubbish
        assert json.loads(socket.recv())["type"] == "lane.error", rubbish
        context.destroy(linger=0)
        till.send(SaleOpened(sale_id=f"s-{number}"))
        assert isinstance(reply(till), Ack), rubbish


def test_the_live_channel_publishes_the_state_of_the_lane(agent: AgentProcess) -> None:
    context = zmq.Context()
    screen = context.socket(zmq.SUB)
    screen.subscribe("lane.state.lane-1")
    screen.connect(agent.live)
    assert screen.poll(30_000)
    topic, event = screen.recv_multipart()
    context.destroy(linger=0)
    assert topic == b"lane.state.lane-1"
    assert json.loads(event)["data"]["lane"] == "lane-1"


@pytest.mark.usefixtures("till")
def test_sigterm_ends_the_agent_cleanly(agent: AgentProcess) -> None:
    assert "frames/s" in agent.stop(within_s=20)
