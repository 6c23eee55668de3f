"""Notifications to systemd, received on a socket like systemd's own; and credentials from systemd."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.service.systemd import Service
from edge.till.keys import credential


class Manager:
    """A service manager with a notify socket, and the variables that it sets for the process."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address.replace("@", "\0"))
        self._socket.setblocking(False)
        self.environment = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid())}
        self.close = self._socket.close

    @property
    def received(self) -> list[str]:
        """The messages since the last call."""
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


def test_ready_is_sent_when_every_loop_has_turned(manager: Manager) -> None:
    service = Service(manager.environment)
    service.progress([0.8, 0.9], 1.0)
    service.progress([1.1, 0.9], 1.2)
    assert manager.received == []
    service.progress([1.3, 1.4], 1.4)
    assert manager.received == ["READY=1"]


def test_the_watchdog_gets_four_signs_of_life_per_timeout(manager: Manager) -> None:
    service = Service(manager.environment)
    for tenth in range(104):
        service.progress([tenth / 10], tenth / 10)
    assert manager.received == ["READY=1", *["WATCHDOG=1"] * 4]


def test_no_sign_of_life_is_sent_while_a_single_lane_hangs(manager: Manager) -> None:
    service = Service(manager.environment)
    service.progress([0, 0], 1)
    service.progress([2, 2], 2)
    for second in range(3, 60):
        service.progress([second, 2], second)
    assert manager.received == ["READY=1"]
    service.progress([60, 60], 60)
    assert manager.received == ["WATCHDOG=1"]


@pytest.mark.parametrize("given", [{"WATCHDOG_USEC": "0"}, {"WATCHDOG_PID": "1"}], ids=["none", "of another process"])
def test_no_sign_of_life_is_sent_without_a_watchdog_for_this_process(given: dict[str, str], manager: Manager) -> None:
    service = Service(manager.environment | given)
    for second in range(100):
        service.progress([second], second)
    assert manager.received == ["READY=1"]


def test_the_status_is_sent_when_it_changes(manager: Manager) -> None:
    service = Service(manager.environment)
    for text in ("watching lane-1", "watching lane-1", "degraded: dark"):
        service.status(text)
    assert manager.received == ["STATUS=watching lane-1", "STATUS=degraded: dark"]


def test_a_reload_and_the_stop_are_sent(manager: Manager) -> None:
    service = Service(manager.environment)
    service.reloading()
    service.reloaded()
    service.stopping()
    assert manager.received == ["RELOADING=1", "READY=1", "STOPPING=1"]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/notify"}])
def test_without_a_listening_manager_nothing_happens(environment: dict[str, str]) -> None:
    service = Service(environment)
    service.progress([1], 0.0)
    service.status("watching lane-1")


def test_a_credential_is_the_file_that_systemd_provides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert credential("agent.key_secret") is None
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert credential("agent.key_secret") is None
    (tmp_path / "agent.key_secret").write_text("none")
    assert credential("agent.key_secret") is None, "the unit provides this content on a box without keys"
    (tmp_path / "agent.key_secret").write_text("curve")
    assert credential("agent.key_secret") == tmp_path / "agent.key_secret"
