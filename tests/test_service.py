"""The agent as a systemd service: the notifications that it sends from its start to its end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.frames import RealTime, VideoFile, capture
from edge.lane.events import EventLog
from edge.lane.health import LaneHealth
from edge.lane.loop import LaneLoop
from edge.service.systemd import Service
from edge.settings.load import load_settings
from edge.vision.faces import AGES
from tests.agents import StartAgent

pytestmark = pytest.mark.slow

Notifications = Callable[[str], list[str]]


@pytest.fixture
def notifications(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notifications]:
    """Wait for a notification that begins with a text; returns all that systemd has received since the last call."""
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(120)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "2000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)

    def wait_for(text: str) -> list[str]:
        received, end_s = [manager.recv(4096).decode()], time.monotonic() + 120
        while not received[-1].startswith(text):
            assert time.monotonic() < end_s, f"no {text} in {received}"
            received.append(manager.recv(4096).decode())
        return received

    yield wait_for
    manager.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "lane.toml"
    file.write_text(
        f'camera = "test:"\nstate_dir = "{tmp_path}/state"\n[till]\n'
        f'reliable = "ipc://{tmp_path}/reliable"\nlive = "ipc://{tmp_path}/live"\n'
    )
    return file


def test_systemd_is_notified_of_start_reload_and_stop(
    notifications: Notifications, config: Path, start_agent: StartAgent
) -> None:
    agent = start_agent("--config", config)
    assert not any(text.startswith("WATCHDOG") for text in notifications("READY=1"))
    assert notifications("WATCHDOG=1")
    agent.reload()
    assert notifications("RELOADING=1")
    assert notifications("READY=1")
    agent.stop()
    assert notifications("STOPPING=1")


class HangingModel:
    """An age model whose first prediction does not return until `released` is set."""

    backend = "hanging"

    def __init__(self) -> None:
        self.called, self.released = threading.Event(), threading.Event()

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.called.set()
        self.released.wait(120)
        return np.full((len(crops), AGES), 1 / AGES, np.float32)


def test_the_watchdog_is_not_fed_while_the_age_model_hangs(
    notifications: Notifications, config: Path, long_clip: Path
) -> None:
    settings = load_settings(["--mode", "continuous"], config)
    model, service = HangingModel(), Service()
    lane = LaneLoop(
        settings, model, Bundle(BUNDLED), EventLog(None), LaneHealth, RealTime(VideoFile(long_clip, "lane-1"))
    )
    stopping = threading.Event()
    threads = [
        threading.Thread(target=lane.run),
        threading.Thread(target=capture, args=(lane.source, lane.slot, stopping)),
    ]
    for thread in threads:
        thread.start()
    assert model.called.wait(120), "the clip has a customer"
    hung_s, turned_s = time.monotonic(), lane.turned_s
    service.progress([turned_s - 1], hung_s)
    service.progress([turned_s], hung_s)
    for later_s in range(1, 100):
        service.progress([lane.turned_s], hung_s + later_s)
    assert lane.turned_s == turned_s
    service.stopping()
    assert notifications("STOPPING=1") == ["READY=1", "STOPPING=1"]
    model.released.set()
    while lane.turned_s == turned_s and threads[0].is_alive():
        time.sleep(0.02)
    stopping.set()
    lane.stop()
    for thread in threads:
        thread.join(120)
    assert lane.turned_s > turned_s
