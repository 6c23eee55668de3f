"""The running agent with real sockets and a real till, as in a shop but on a drawn clip."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from edge.decision.policy import Decision
from edge.till.messages import Ack, Alert, Data, Error, Health, Hello, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till


@pytest.fixture
def lane(demo_clip: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """An agent on the drawn clip in real time: the process, its reliable and its live address."""
    reliable, live = f"ipc://{tmp_path}/reliable", f"ipc://{tmp_path}/live"
    sockets = ["--till.reliable", reliable, "--till.live", live, "--state-dir", str(tmp_path / "state")]
    command = [sys.executable, "-m", "edge", "run", "--video", str(demo_clip), *sockets]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as agent:
        yield agent, reliable, live
        agent.terminate()


@pytest.fixture
def till(lane: tuple[subprocess.Popen[str], str, str]) -> Iterator[Till]:
    """A till that has said hello and was heard."""
    till = Till("till-7", lane[1])
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


def test_a_scan_is_answered_about_the_sale_that_asked(till: Till) -> None:
    till.send(SaleOpened(sale_id="s-1"))
    assert alerts(till, 3) == [], "nobody asked yet"
    till.send(RestrictedItem(sale_id="s-1"))
    answer = alerts(till, 1)
    assert [alert.sale_id for alert in answer] == ["s-1"]
    assert answer[0].age is not None
    assert answer[0].grab_to_alert_ms is not None
    assert answer[0].grab_to_alert_ms < 1000


def test_a_scan_into_an_empty_lane_is_answered_with_ask(till: Till) -> None:
    till.send(SaleOpened(sale_id="s-1"))
    till.send(RestrictedItem(sale_id="s-1"))
    answer = alerts(till, 1)
    assert answer[0].decision is Decision.UNKNOWN
    assert answer[0].age is None
    assert answer[0].text.en.startswith("Ask for ID")
    assert answer[0].text.ru.startswith("Спросите документ")


def test_a_sale_that_is_closed_gets_no_more_answers(till: Till) -> None:
    till.send(SaleOpened(sale_id="s-1"))
    till.send(RestrictedItem(sale_id="s-1"))
    till.send(SaleClosed(sale_id="s-1"))
    assert alerts(till, 2) == []


def test_a_scan_for_a_sale_that_is_not_open_is_refused(till: Till) -> None:
    till.send(RestrictedItem(sale_id="s-9"))
    refused = reply(till)
    assert isinstance(refused, Error)
    assert "sale s-9 is not open" in refused.text


@pytest.mark.parametrize("rubbish", [b"", b"beer", b"{}", b"\xff\xfe", b'{"specversion":"0.3"}', b"[" * 1000])
def test_rubbish_is_answered_with_an_error_and_harms_nobody(
    rubbish: bytes, till: Till, lane: tuple[subprocess.Popen[str], str, str]
) -> None:
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.connect(lane[1])
    socket.send(rubbish)
    assert socket.poll(5000)
    assert json.loads(socket.recv())["type"] == "lane.error"
    context.destroy(linger=0)
    till.send(SaleOpened(sale_id="s-1"))
    assert isinstance(reply(till), Ack)


def test_the_live_channel_tells_screens_what_the_lane_sees(lane: tuple[subprocess.Popen[str], str, str]) -> None:
    context = zmq.Context()
    screen = context.socket(zmq.SUB)
    screen.subscribe("lane.state.lane-1")
    screen.connect(lane[2])
    assert screen.poll(30_000)
    topic, event = screen.recv_multipart()
    context.destroy(linger=0)
    assert topic == b"lane.state.lane-1"
    assert json.loads(event)["data"]["lane"] == "lane-1"


def test_a_signal_ends_the_agent_cleanly(till: Till, lane: tuple[subprocess.Popen[str], str, str]) -> None:
    agent = lane[0]
    agent.send_signal(signal.SIGTERM)
    _, said = agent.communicate(timeout=20)
    assert agent.returncode == 0
    assert "frames/s" in said
    assert "Traceback" not in said
