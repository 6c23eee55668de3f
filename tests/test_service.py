"""The agent as a service: what systemd hears of it from its start to its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.agent.service import Service
from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.frames import RealTime, VideoFile, capture
from edge.lane.events import EventLog
from edge.lane.health import LaneHealth
from edge.lane.loop import LaneLoop
from edge.settings.load import load_settings
from edge.vision.faces import AGES


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], list[str]]]:
    """Everything that systemd was told until it heard these words."""
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(60)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "2000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)

    def until(words: str) -> list[str]:
        found, end_s = [manager.recv(4096).decode()], time.monotonic() + 60
        while not found[-1].startswith(words):
            assert time.monotonic() < end_s, f"no {words} in {found}"
            found.append(manager.recv(4096).decode())
        return found

    yield until
    manager.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "lane.toml"
    file.write_text(
        f'camera = "test:"\nstate_dir = "{tmp_path}/state"\n[till]\n'
        f'reliable = "ipc://{tmp_path}/reliable"\nlive = "ipc://{tmp_path}/live"\n'
    )
    return file


def test_systemd_follows_it_from_start_to_end(told: Callable[[str], list[str]], config: Path) -> None:
    command = [sys.executable, "-m", "edge", "run", "--config", str(config)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as agent:
        try:
            assert not any(words.startswith("WATCHDOG") for words in told("READY=1"))
            assert told("WATCHDOG=1")
            agent.send_signal(signal.SIGHUP)
            assert told("RELOADING=1")
            assert told("READY=1")
        finally:
            agent.terminate()
        assert told("STOPPING=1")
        _, said = agent.communicate(timeout=20)
    assert agent.returncode == 0, said


class Stuck:
    """An age model that is asked once and never answers, until it is let go."""

    backend = "stuck"

    def __init__(self) -> None:
        self.asked, self.let_go = threading.Event(), threading.Event()

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.asked.set()
        self.let_go.wait(60)
        return np.full((len(crops), AGES), 1 / AGES, np.float32)


def test_a_lane_whose_age_model_hangs_no_longer_feeds_the_watchdog(
    told: Callable[[str], list[str]], config: Path, demo_clip: Path
) -> None:
    settings = load_settings(["--mode", "continuous"], config)
    model, service = Stuck(), Service()
    lane = LaneLoop(
        settings, model, Bundle(BUNDLED), EventLog(None), LaneHealth, RealTime(VideoFile(demo_clip, "lane-1"))
    )
    stopping = threading.Event()
    threads = [
        threading.Thread(target=lane.run),
        threading.Thread(target=capture, args=(lane.source, lane.slot, stopping)),
    ]
    for thread in threads:
        thread.start()
    assert model.asked.wait(60), "the clip has a customer"
    hung_s, turned_s = time.monotonic(), lane.turned_s
    service.progress([turned_s - 1], hung_s)
    service.progress([turned_s], hung_s)
    for later_s in range(1, 100):
        service.progress([lane.turned_s], hung_s + later_s)
    assert lane.turned_s == turned_s
    service.stopping()
    assert told("STOPPING=1") == ["READY=1", "STOPPING=1"]
    model.let_go.set()
    while lane.turned_s == turned_s and threads[0].is_alive():
        time.sleep(0.02)
    stopping.set()
    lane.stop()
    for thread in threads:
        thread.join(30)
    assert lane.turned_s > turned_s
