"""What systemd hears of the agent, on a socket such as systemd's own."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.agent.service import Service
from edge.till.keys import credential


class Manager:
    """A service manager that listens, and what it gives to the process that it starts."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address.replace("@", "\0"))
        self._socket.setblocking(False)
        self.environment = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid())}
        self.close = self._socket.close

    @property
    def heard(self) -> list[str]:
        """What it was told since the last call."""
        found = []
        while True:
            try:
                found.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return found


@pytest.fixture(params=["a file", "no file"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(f"{tmp_path}/notify" if request.param == "a file" else f"@edge-agent-{os.getpid()}")
    yield manager
    manager.close()


def test_it_is_ready_when_every_lane_has_gone_round(manager: Manager) -> None:
    service = Service(manager.environment)
    service.progress([0.8, 0.9], 1.0)
    service.progress([1.1, 0.9], 1.2)
    assert manager.heard == []
    service.progress([1.3, 1.4], 1.4)
    assert manager.heard == ["READY=1"]


def test_the_watchdog_is_fed_four_times_in_its_time(manager: Manager) -> None:
    service = Service(manager.environment)
    for tenth in range(104):
        service.progress([tenth / 10], tenth / 10)
    assert manager.heard == ["READY=1", *["WATCHDOG=1"] * 4]


def test_a_single_lane_that_hangs_starves_it_until_it_goes_round_again(manager: Manager) -> None:
    service = Service(manager.environment)
    service.progress([0, 0], 1)
    service.progress([2, 2], 2)
    for second in range(3, 60):
        service.progress([second, 2], second)
    assert manager.heard == ["READY=1"]
    service.progress([60, 60], 60)
    assert manager.heard == ["WATCHDOG=1"]


@pytest.mark.parametrize("given", [{"WATCHDOG_USEC": "0"}, {"WATCHDOG_PID": "1"}], ids=["no watchdog", "another's"])
def test_a_watchdog_that_does_not_watch_us_is_not_fed(given: dict[str, str], manager: Manager) -> None:
    service = Service(manager.environment | given)
    for second in range(100):
        service.progress([second], second)
    assert manager.heard == ["READY=1"]


def test_the_status_is_told_when_it_changes(manager: Manager) -> None:
    service = Service(manager.environment)
    for words in ("watching lane-1", "watching lane-1", "degraded: dark"):
        service.status(words)
    assert manager.heard == ["STATUS=watching lane-1", "STATUS=degraded: dark"]


def test_a_reload_and_the_end_are_told(manager: Manager) -> None:
    service = Service(manager.environment)
    service.reloading()
    service.reloaded()
    service.stopping()
    assert manager.heard == ["RELOADING=1", "READY=1", "STOPPING=1"]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/notify"}])
def test_without_a_manager_that_listens_nothing_happens(environment: dict[str, str]) -> None:
    service = Service(environment)
    service.progress([1], 0.0)
    service.status("watching lane-1")


def test_a_secret_is_the_file_that_was_handed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert credential("agent.key_secret") is None
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert credential("agent.key_secret") is None
    (tmp_path / "agent.key_secret").write_text("none")
    assert credential("agent.key_secret") is None, "the unit says so on a box that has no keys"
    (tmp_path / "agent.key_secret").write_text("curve")
    assert credential("agent.key_secret") == tmp_path / "agent.key_secret"
