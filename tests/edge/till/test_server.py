"""The two sockets, over real ZeroMQ: tills on one, whoever watches on the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
import zmq

from edge.config import TillSettings
from edge.errors import UsageError
from edge.till.messages import Event, Hello, parse, wrap
from edge.till.server import TillServer

Connect = Callable[..., "zmq.Socket[bytes]"]
Heard = list[tuple[bytes, Event | ValueError]]

ANY_PORT = "tcp://127.0.0.1:*"
PATIENCE_MS = 10_000


def event(till: str = "till-1") -> Event:
    return wrap(Hello(till=till), id=f"hello-{till}", source="/x", time=datetime(2026, 1, 1, tzinfo=timezone.utc))


@pytest.fixture
def server() -> Iterator[TillServer]:
    server = TillServer(TillSettings(reliable=ANY_PORT, live=ANY_PORT))
    yield server
    server.close()


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connects a socket as a till or a screen would."""
    context, sockets = zmq.Context(), list[zmq.Socket[bytes]]()

    def connect(kind: int, address: str, identity: bytes = b"") -> zmq.Socket[bytes]:
        socket: zmq.Socket[bytes] = context.socket(kind)
        sockets.append(socket)
        socket.linger, socket.rcvtimeo = 0, PATIENCE_MS
        if identity:
            socket.identity = identity
        socket.connect(address)
        return socket

    yield connect
    context.destroy()


def heard(server: TillServer, count: int = 1) -> Heard:
    """Polls until so many messages have come."""
    messages: Heard = []
    give_up_s = time.monotonic() + PATIENCE_MS / 1000
    while len(messages) < count and time.monotonic() < give_up_s:
        messages += server.poll()
        time.sleep(0.001)
    return messages


def test_a_tills_message_arrives_with_its_identity_and_the_reply_goes_back(
    server: TillServer, connect: Connect
) -> None:
    till = connect(zmq.DEALER, server.addresses[0], b"till-1")
    till.send(event().to_json().encode())
    assert heard(server) == [(b"till-1", event())]
    server.send(b"till-1", event("reply"))
    assert parse(till.recv()) == event("reply")


def test_a_reply_goes_to_the_till_that_asked_and_to_no_other(server: TillServer, connect: Connect) -> None:
    tills = [connect(zmq.DEALER, server.addresses[0], name) for name in (b"till-1", b"till-2")]
    for till in tills:
        till.send(event().to_json().encode())
    heard(server, count=2)
    server.send(b"till-2", event("second"))
    server.tell_all(event("all"))
    assert [parse(tills[1].recv()), parse(tills[1].recv())] == [event("second"), event("all")]
    assert parse(tills[0].recv()) == event("all")


def test_the_order_of_a_tills_messages_is_kept(server: TillServer, connect: Connect) -> None:
    till = connect(zmq.DEALER, server.addresses[0], b"till-1")
    for number in range(250):
        till.send(event(str(number)).to_json().encode())
    messages = [message for _, message in heard(server, count=250)]
    assert messages == [event(str(number)) for number in range(250)]


def test_polling_hears_nothing_when_nobody_has_spoken(server: TillServer) -> None:
    assert server.poll() == []


@pytest.mark.parametrize(
    ("frames", "why"),
    [
        ([b"hello"], "Invalid JSON"),
        ([b""], "Invalid JSON"),
        ([b"", b"{}"], "one frame with one JSON object, this had 2"),
        ([b"{}"], "Field required"),
    ],
)
def test_what_is_no_message_is_handed_on_as_an_error_and_the_next_is_heard(
    frames: list[bytes], why: str, server: TillServer, connect: Connect
) -> None:
    till = connect(zmq.DEALER, server.addresses[0], b"till-1")
    till.send_multipart(frames)
    till.send(event().to_json().encode())
    (name, problem), good = heard(server, count=2)
    assert name == b"till-1"
    assert isinstance(problem, ValueError)
    assert why in str(problem)
    assert good == (b"till-1", event())


def test_more_than_64_kib_are_dropped_and_what_follows_is_heard(server: TillServer, connect: Connect) -> None:
    till = connect(zmq.DEALER, server.addresses[0], b"till-1")
    till.send(b"x" * (64 * 1024 + 1))
    messages: Heard = []
    # The till is cut off and connects again by itself; what it sent meanwhile is lost, so it sends until it is heard.
    for _ in range(1000):
        till.send(event().to_json().encode())
        time.sleep(0.01)
        if messages := server.poll():
            break
    assert messages[0] == (b"till-1", event())


def test_a_till_that_has_gone_is_not_waited_for(server: TillServer, connect: Connect) -> None:
    till = connect(zmq.DEALER, server.addresses[0], b"till-1")
    till.send(event().to_json().encode())
    heard(server)
    till.close()
    for _ in range(3000):
        server.tell_all(event())
    server.send(b"never-seen", event())


def test_a_screen_hears_the_topics_it_asked_for(server: TillServer, connect: Connect) -> None:
    screen = connect(zmq.SUB, server.addresses[1])
    screen.subscribe(b"lane.alert.lane-1")
    screen.rcvtimeo = 10
    received = []
    # A subscription takes a moment to arrive; the live channel promises nothing, so it is told again until heard.
    for _ in range(1000):
        server.publish("lane.state.lane-1", event("state"))
        server.publish("lane.alert.lane-1", event("alert"))
        try:
            received.append(screen.recv_multipart())
            break
        except zmq.Again:
            continue
    [(topic, body)] = received
    assert topic == b"lane.alert.lane-1"
    assert parse(body) == event("alert")


def test_ipc_sockets_work_as_tcp_ones_do(tmp_path: Path, connect: Connect) -> None:
    settings = TillSettings(reliable=f"ipc://{tmp_path}/r", live=f"ipc://{tmp_path}/l")
    server = TillServer(settings)
    assert server.addresses == (settings.reliable, settings.live)
    till = connect(zmq.DEALER, settings.reliable, b"till-1")
    till.send(event().to_json().encode())
    assert heard(server) == [(b"till-1", event())]
    server.close()


@pytest.mark.parametrize("setting", ["reliable", "live"])
@pytest.mark.parametrize("address", ["tcp://0.0.0.0:5557", "tcp://*:5557", "tcp://192.168.1.5:5557", "5557", ""])
def test_an_address_away_from_loopback_is_refused_with_the_mend(setting: str, address: str) -> None:
    other = "live" if setting == "reliable" else "reliable"
    with pytest.raises(UsageError) as refused:
        TillServer(TillSettings.model_validate({setting: address, other: ANY_PORT}))
    assert str(refused.value).startswith(f"till.{setting} = {address!r} is not a loopback or ipc address")
    assert str(refused.value).endswith("use tcp://127.0.0.1:PORT")


def test_a_port_in_use_is_refused_and_the_other_one_is_not_kept(server: TillServer) -> None:
    freed = TillServer(TillSettings(reliable=ANY_PORT, live=ANY_PORT))
    live = freed.addresses[1]
    freed.close()
    with pytest.raises(UsageError, match="choose another port"):
        TillServer(TillSettings(reliable=server.addresses[0], live=live))
    TillServer(TillSettings(reliable=ANY_PORT, live=live)).close()


def test_a_port_that_there_is_not_is_refused_and_not_taken_for_another_one() -> None:
    with pytest.raises(UsageError, match="70000"):
        TillServer(TillSettings(reliable="tcp://127.0.0.1:70000", live=ANY_PORT)).close()


def test_a_closed_server_gives_its_port_back(server: TillServer) -> None:
    reliable, live = server.addresses
    server.close()
    TillServer(TillSettings(reliable=reliable, live=live)).close()
