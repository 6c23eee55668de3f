"""For tests of the channels: client sockets of tills and screens, and polling the server."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Protocol

import pytest
import zmq
import zmq.auth
from zmq.utils.monitor import recv_monitor_message

from edge.till.envelope import Event, wrap
from edge.till.messages import Error, Hello
from edge.till.reading import ReceivedMessage
from edge.till.server import TillServer

PATIENCE_S = 60.0


def hello(text: str = "till-1") -> Event:
    """A message that is identified by its text."""
    return wrap(Hello(till=text), id=f"hello-{text}", source="/x", time=datetime(2026, 1, 1, tzinfo=timezone.utc))


def received(text: str = "till-1") -> ReceivedMessage:
    """`hello` as the server returns it."""
    return ReceivedMessage(f"hello-{text}", Hello(till=text))


class Connect(Protocol):
    """Connects a socket as a till or a screen would. certificate: the file that `edge-agent keys new` wrote. watched:
    for `watch_disconnection` of a client that is refused: it is disconnected only once, maybe at once. options: of the
    socket, set before it connects."""

    def __call__(
        self,
        kind: int,
        address: str,
        identity: bytes = b"",
        certificate: Path | None = None,
        *,
        watched: bool = False,
        **options: object,
    ) -> zmq.Socket[bytes]: ...


@pytest.fixture
def connect() -> Iterator[Connect]:
    context, sockets = zmq.Context(), list[zmq.Socket[bytes]]()

    def connect(
        kind: int,
        address: str,
        identity: bytes = b"",
        certificate: Path | None = None,
        *,
        watched: bool = False,
        **options: object,
    ) -> zmq.Socket[bytes]:
        socket: zmq.Socket[bytes] = context.socket(kind)
        sockets.append(socket)
        socket.linger, socket.rcvtimeo, socket.sndtimeo = 0, int(PATIENCE_S * 1000), int(PATIENCE_S * 1000)
        socket.reconnect_ivl = 10
        if identity:
            socket.identity = identity
        if certificate:
            socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate(certificate)
            [agent] = re.findall('agent-public-key = "(.*)"', certificate.read_text())
            socket.curve_serverkey = agent.encode()
        for name, value in options.items():
            setattr(socket, name, value)
        if watched:
            socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        socket.connect(address.replace("0.0.0.0", "127.0.0.1"))
        return socket

    yield connect
    context.destroy()


def poll_until(server: TillServer, condition: Callable[[], object]) -> None:
    """Poll a server until a condition holds; fails after PATIENCE_S."""
    give_up_s = time.perf_counter() + PATIENCE_S
    while not condition():
        assert time.perf_counter() < give_up_s, "the condition never held"
        server.poll()
        time.sleep(0.001)


def receive(server: TillServer, count: int = 1) -> list[tuple[bytes, ReceivedMessage | Error]]:
    """Poll a server until it has received `count` messages, for PATIENCE_S at most."""
    messages: list[tuple[bytes, ReceivedMessage | Error]] = []
    give_up_s = time.perf_counter() + PATIENCE_S
    while len(messages) < count and time.perf_counter() < give_up_s:
        messages += server.poll()
        time.sleep(0.001)
    return messages


def watch_disconnection(client: zmq.Socket[bytes]) -> Callable[[], bool]:
    """A check whether the server has closed a client's connection since now, or since it connected if it is watched."""
    monitor = client.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    return lambda: bool(monitor.poll(0)) and bool(recv_monitor_message(monitor))
