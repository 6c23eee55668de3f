"""A shop whose camera fails while it sells: what the tills hear, and that nobody has to start anything again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from edge.decision.policy import Decision, Reason
from edge.till.messages import Alert, Data, Health, Hello, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till
from tests.cameras.rtsp import RtspCamera

Message = TypeVar("Message", bound=Data)

HEARD_WITHIN_S = 3.0
BACK_WITHIN_S = 5.0


@contextmanager
def running(*flags: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-m", "edge", "run", *flags], stderr=subprocess.PIPE, text=True) as agent:
        try:
            yield agent
        finally:
            agent.kill()


@contextmanager
def till_at(socket: Path) -> Iterator[Till]:
    till = Till("till-1", f"ipc://{socket}")
    try:
        till.send(Hello(till="till-1"))
        yield till
    finally:
        till.close()


def first(till: Till, kind: type[Message], wanted: Callable[[Message], object], within_s: float) -> Message:
    """The first message of a kind that is as wanted."""
    end_s = time.monotonic() + within_s
    while (left_s := end_s - time.monotonic()) > 0:
        message = till.receive(left_s)
        if isinstance(message, kind) and wanted(message):
            return message
    raise AssertionError(f"no such {kind.__name__} within {within_s} s")


def sell(till: Till, sale_id: str) -> Alert:
    """Scan beer, and say what came of it."""
    till.send(SaleOpened(sale_id=sale_id))
    till.send(RestrictedItem(sale_id=sale_id))
    alert = first(till, Alert, lambda alert: alert.sale_id == sale_id, 3)
    till.send(SaleClosed(sale_id=sale_id))
    return alert


def ok(health: Health) -> bool:
    return health.status == "ok"


def degraded(health: Health) -> bool:
    return health.status == "degraded"


@pytest.fixture
def agent(camera: RtspCamera, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    sockets = ["--till.reliable", f"ipc://{tmp_path}/reliable", "--till.live", f"ipc://{tmp_path}/live"]
    with running("--camera", camera.url, "--state-dir", str(tmp_path), *sockets) as agent:
        yield agent


@pytest.fixture
def till(agent: subprocess.Popen[str], tmp_path: Path) -> Iterator[Till]:
    with till_at(tmp_path / "reliable") as till:
        yield till


def test_a_camera_goes_and_comes_back_while_the_shop_sells(
    camera: RtspCamera, agent: subprocess.Popen[str], till: Till
) -> None:
    first(till, Health, ok, 30)
    camera.stop()
    health = first(till, Health, degraded, HEARD_WITHIN_S)
    assert any("picture" in problem for problem in health.problems)
    blind = sell(till, "s-1")
    assert (blind.decision, blind.reasons, blind.age) == (Decision.UNKNOWN, (Reason.CAMERA_LOST,), None)

    camera.start()
    first(till, Health, ok, BACK_WITHIN_S)
    assert Reason.CAMERA_LOST not in sell(till, "s-2").reasons

    camera.silent = True
    first(till, Health, degraded, HEARD_WITHIN_S)
    agent.send_signal(signal.SIGTERM)
    _, said = agent.communicate(timeout=20)
    assert agent.returncode == 0, said
    assert "Traceback" not in said


def test_a_camera_that_is_not_there_costs_the_other_lanes_nothing(camera: RtspCamera, tmp_path: Path) -> None:
    later = RtspCamera()
    later.stop()
    tables = (
        f'[[lane]]\nname = "{name}"\ncamera = "{url}"\n'
        f'till.reliable = "ipc://{tmp_path}/{name}"\ntill.live = "ipc://{tmp_path}/{name}-live"\n'
        for name, url in (("wine", later.url), ("beer", camera.url))
    )
    config = tmp_path / "box.toml"
    config.write_text(f'state_dir = "{tmp_path}/state"\n' + "".join(tables), encoding="utf-8")
    with running("--config", str(config)), till_at(tmp_path / "beer") as beer, till_at(tmp_path / "wine") as wine:
        first(beer, Health, ok, 30)
        # A busy box may say that there is no picture before it knows why.
        first(wine, Health, lambda health: any("Connection refused" in one for one in health.problems), HEARD_WITHIN_S)
        assert sell(wine, "s-1").reasons == (Reason.CAMERA_LOST,)
        assert Reason.CAMERA_LOST not in sell(beer, "s-2").reasons
        later.start()
        first(wine, Health, ok, BACK_WITHIN_S)
        assert Reason.CAMERA_LOST not in sell(wine, "s-3").reasons
    later.stop()
