"""A camera fails while sales go on: what the tills receive, and that nothing has to be restarted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from edge.decision.policy import Decision, Reason
from edge.till.messages import Alert, Data, Health, Hello, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till
from tests.agents import AgentProcess, StartAgent, box_config
from tests.cameras.rtsp import RtspCamera

pytestmark = pytest.mark.slow

Message = TypeVar("Message", bound=Data)

DEGRADED_WITHIN_S = 3.0
BACK_WITHIN_S = 5.0


@contextmanager
def till_at(address: str) -> Iterator[Till]:
    till = Till("till-1", address)
    try:
        till.send(Hello(till="till-1"))
        yield till
    finally:
        till.close()


def first(till: Till, kind: type[Message], wanted: Callable[[Message], object], within_s: float) -> Message:
    """The first message of a type that meets the condition `wanted`."""
    end_s = time.monotonic() + within_s
    while (left_s := end_s - time.monotonic()) > 0:
        message = till.receive(left_s)
        if isinstance(message, kind) and wanted(message):
            return message
    raise AssertionError(f"no such {kind.__name__} within {within_s} s")


def sell(till: Till, sale_id: str) -> Alert:
    """A sale with something restricted; returns its alert."""
    till.send(SaleOpened(sale_id=sale_id))
    till.send(RestrictedItem(sale_id=sale_id))
    alert = first(till, Alert, lambda alert: alert.sale_id == sale_id, 3)
    till.send(SaleClosed(sale_id=sale_id))
    return alert


def ok(health: Health) -> bool:
    return health.status == "ok"


def degraded(health: Health) -> bool:
    return health.status == "degraded"


def _refused(health: Health) -> bool:
    return any("Connection refused" in problem for problem in health.problems)


@pytest.fixture
def agent(camera: RtspCamera, start_agent: StartAgent) -> AgentProcess:
    return start_agent("--camera", camera.url)


@pytest.fixture
def till(agent: AgentProcess) -> Iterator[Till]:
    with till_at(agent.reliable) as till:
        yield till


def test_a_camera_fails_and_recovers_while_sales_go_on(camera: RtspCamera, agent: AgentProcess, till: Till) -> None:
    first(till, Health, ok, 30)
    camera.stop()
    health = first(till, Health, degraded, DEGRADED_WITHIN_S)
    assert any("picture" in problem for problem in health.problems)
    blind = sell(till, "s-1")
    assert (blind.decision, blind.reasons, blind.age) == (Decision.UNKNOWN, (Reason.CAMERA_LOST,), None)

    camera.start()
    first(till, Health, ok, BACK_WITHIN_S)
    assert Reason.CAMERA_LOST not in sell(till, "s-2").reasons

    camera.silent = True
    first(till, Health, degraded, DEGRADED_WITHIN_S)
    agent.stop(within_s=20)


def test_a_missing_camera_does_not_affect_the_other_lanes(
    camera: RtspCamera, tmp_path: Path, start_agent: StartAgent
) -> None:
    missing = RtspCamera()
    missing.stop()
    sources = {"wine": f'camera = "{missing.url}"', "beer": f'camera = "{camera.url}"'}
    start_agent("--config", box_config(tmp_path, sources))
    with till_at(f"ipc://{tmp_path}/beer") as beer, till_at(f"ipc://{tmp_path}/wine") as wine:
        first(beer, Health, ok, 30)
        # A busy box may report that there is no picture before it knows the reason.
        first(wine, Health, _refused, DEGRADED_WITHIN_S)
        assert sell(wine, "s-1").reasons == (Reason.CAMERA_LOST,)
        assert Reason.CAMERA_LOST not in sell(beer, "s-2").reasons
        missing.start()
        first(wine, Health, ok, BACK_WITHIN_S)
        assert Reason.CAMERA_LOST not in sell(wine, "s-3").reasons
    missing.stop()


@pytest.mark.parametrize("given_by", ["flag", "file"])
def test_a_single_lane_waits_for_a_camera_that_was_never_there(
    given_by: str, tmp_path: Path, start_agent: StartAgent
) -> None:
    """As in a container: without systemd, and without a terminal. Nothing has to be started again."""
    missing = RtspCamera()
    missing.stop()
    file = tmp_path / "lane.toml"
    file.write_text(
        f'camera = "{missing.url}"\nstate_dir = "{tmp_path}/state"\n'
        f'[till]\nreliable = "ipc://{tmp_path}/reliable"\nlive = "ipc://{tmp_path}/live"\n',
        encoding="utf-8",
    )
    flags = ("--camera", missing.url) if given_by == "flag" else ("--config", file)
    agent = start_agent(*flags)
    with till_at(agent.reliable) as till:
        first(till, Health, _refused, 30)
        assert sell(till, "s-1").reasons == (Reason.CAMERA_LOST,)
        missing.start()
        first(till, Health, ok, BACK_WITHIN_S)
        assert Reason.CAMERA_LOST not in sell(till, "s-2").reasons
    agent.stop()
    missing.stop()
