"""The outputs of an agent when nobody reads them, and when their disk is full: the lane goes on, a replay ends."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from edge.till.messages import Alert, Hello, RestrictedItem, SaleOpened
from edge.till.reference.dealer import Till
from tests.agents import AgentProcess, StartAgent
from tests.commands import EdgeAgent
from tests.ports import free_port

pytestmark = pytest.mark.slow


def outputs(agent: AgentProcess) -> list[str]:
    """The problems of the part `output`, as /healthz reports them."""
    try:
        body = urllib.request.urlopen(f"{agent.metrics_address()}/healthz").read()
    except urllib.error.HTTPError as degraded:
        body = degraded.read()
    [lane] = json.loads(body)["lanes"]
    return [problem["text"] for problem in lane["problems"] if problem["part"] == "output"]


def sell(agent: AgentProcess) -> Alert:
    """A sale with something restricted; returns its answer."""
    till = Till("till-1", agent.reliable)
    for message in (Hello(till="till-1"), SaleOpened(sale_id="s-1"), RestrictedItem(sale_id="s-1")):
        till.send(message)
    while not isinstance(message := till.receive(30), Alert):
        assert message is not None
    till.close()
    return message


def test_a_lane_goes_on_when_the_reader_of_its_events_ends(start_agent: StartAgent, tmp_path: Path) -> None:
    pipe = tmp_path / "events"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    agent = start_agent("--camera", "test:", "--events", pipe)
    agent.wait_until_serving()
    os.close(reader)
    agent.wait_for_log("the event log .* cannot be written: Broken pipe: .*; the lane goes on")
    assert sell(agent).sale_id == "s-1"
    [problem] = outputs(agent)
    assert "Broken pipe" in problem
    assert agent.stop().count("cannot be written") == 1


def test_a_lane_goes_on_when_the_reader_of_its_events_does_not_read(start_agent: StartAgent, tmp_path: Path) -> None:
    pipe = tmp_path / "events"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    while True:
        try:
            os.write(writer, bytes(4096))
        except BlockingIOError:
            break
    agent = start_agent("--camera", "test:", "--events", pipe)
    agent.wait_until_serving()
    assert sell(agent).sale_id == "s-1"
    agent.stop()
    for descriptor in (reader, writer):
        os.close(descriptor)


@pytest.fixture
def taken() -> Iterator[list[socket.socket]]:
    """Three ports of 127.0.0.1 that another program listens on."""
    with ExitStack() as sockets:
        yield [sockets.enter_context(socket.create_server(("127.0.0.1", free_port()))) for _ in range(3)]


def test_a_lane_comes_up_without_pages_and_live_channel_and_opens_them_later(
    start_agent: StartAgent, taken: list[socket.socket]
) -> None:
    metrics, web, live = (f"127.0.0.1:{each.getsockname()[1]}" for each in taken)
    agent = start_agent(
        "--camera", "test:", "--metrics.listen", metrics, "--web", web, "--till.live", f"tcp://{live}"
    )  # fmt: skip
    agent.wait_until_serving()
    assert sell(agent).sale_id == "s-1"
    agent.wait_for_log("cannot be served: .*Address already in use: .*; the lane goes on", times=3)
    for each in taken:
        each.close()
    agent.wait_for_log("can be served again", times=3)
    with urllib.request.urlopen(f"http://{metrics}/metrics") as page:
        problems = [line for line in page.read().decode().splitlines() if line.startswith("edge_agent_problem{")]
    assert any('lane="lane-1",part="output"' in line and line.endswith(" 0.0") for line in problems)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"http://{web}/")
    assert agent.stop().count("cannot be served") == 3


def test_a_replay_ends_quietly_when_its_reader_ends(demo_clip: Path) -> None:
    command = [sys.executable, "-m", "edge", "--video", str(demo_clip), "--replay", "--events", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as replay:
        assert replay.stdout
        assert replay.stderr
        assert json.loads(replay.stdout.readline())
        replay.stdout.close()
        log = replay.stderr.read().decode()
    assert replay.returncode == 0
    assert "Traceback" not in log


def test_a_replay_whose_events_cannot_be_written_fails_in_one_line(edge_agent: EdgeAgent, demo_clip: Path) -> None:
    run = edge_agent("--video", demo_clip, "--replay", "--events", "/dev/full")
    assert run.code == 1
    assert run.err.splitlines()[-1].endswith(": cannot write events to /dev/full: No space left on device")
    assert "Traceback" not in run.err
