"""A till is the till of its key: no other client receives what is for it, whatever name that client claims."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import zmq
import zmq.auth

from edge.till import sockets
from edge.till.authentication import Authenticator
from edge.till.envelope import parse
from edge.till.keys import Keys
from edge.till.limits import HANDSHAKE_REPLY_S
from edge.till.rejections import Rejections
from edge.till.server import TillServer
from tests.edge.till.authentication.conftest import PUBLIC
from tests.edge.till.conftest import Connect, hello, poll_until, receive, received, watch_disconnection


@pytest.fixture
def thief(server: TillServer, connect: Connect, other_key: Path) -> Callable[[], zmq.Socket[bytes]]:
    """Connects a client that has the key of till-2 and claims the name of till-1, and says nothing."""

    def connected() -> zmq.Socket[bytes]:
        claims = connect(zmq.DEALER, server.addresses[0], b"till-1", other_key)
        monitor = claims.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        poll_until(server, lambda: monitor.poll(0))
        return claims

    return connected


@pytest.fixture
def is_sent(server: TillServer) -> Callable[[zmq.Socket[bytes], str], None]:
    """Checks that several messages for till-1 reach a socket, and nothing else does."""

    def check(till: zmq.Socket[bytes], text: str) -> None:
        for number in range(10):
            server.send(b"till-1", hello(f"{text}-{number}"))
        assert [parse(till.recv()) for _ in range(10)] == [hello(f"{text}-{number}") for number in range(10)]
        assert till.poll(0) == 0

    return check


def test_a_silent_client_that_claims_the_name_of_a_connected_till_receives_nothing(
    server: TillServer,
    thief: Callable[[], zmq.Socket[bytes]],
    good_till: zmq.Socket[bytes],
    is_sent: Callable[[zmq.Socket[bytes], str], None],
    only_the_good_till_is_served: Callable[[], None],
) -> None:
    only_the_good_till_is_served()
    disconnected = watch_disconnection(good_till)
    for attempt in range(3):
        silent = thief()
        is_sent(good_till, f"secret-{attempt}")
        assert silent.poll(0) == 0
    only_the_good_till_is_served()
    assert not disconnected()
    assert server.tills == (b"till-1",)


def test_a_silent_client_that_claims_a_name_first_receives_nothing(
    server: TillServer,
    thief: Callable[[], zmq.Socket[bytes]],
    connect: Connect,
    good_key: Path,
    is_sent: Callable[[zmq.Socket[bytes], str], None],
) -> None:
    for _ in range(3):  # the till reconnects twice, and the other client is always first
        silent = thief()
        till = connect(zmq.DEALER, server.addresses[0], b"till-1", good_key)
        till.send(hello().to_json().encode())
        assert receive(server) == [(b"till-1", received())]
        is_sent(till, "secret")
        till.close()
        second = thief()
        server.send(b"till-1", hello("while the till is away"))
        assert (silent.poll(50), second.poll(50)) == (0, 0)


def test_a_client_that_claims_another_name_and_sends_is_the_till_of_its_key(
    server: TillServer,
    thief: Callable[[], zmq.Socket[bytes]],
    good_till: zmq.Socket[bytes],
    is_sent: Callable[[zmq.Socket[bytes], str], None],
    only_the_good_till_is_served: Callable[[], None],
) -> None:
    only_the_good_till_is_served()
    loud = thief()
    for garbage in ([b"\0" * 100], [b"", b""], [hello().to_json().encode()]):
        loud.send_multipart(garbage)
    assert [name for name, _ in receive(server, count=3)] == [b"till-2"] * 3
    server.send(b"till-2", hello("for till-2"))
    assert parse(loud.recv()) == hello("for till-2")
    is_sent(good_till, "secret")
    only_the_good_till_is_served()
    assert loud.poll(0) == 0


def test_a_till_with_a_key_may_have_any_identity(server: TillServer, connect: Connect, good_key: Path) -> None:
    for identity in (b"", b"till 1", b"till-7"):
        till = connect(zmq.DEALER, server.addresses[0], identity, good_key)
        till.send(hello().to_json().encode())
        assert receive(server) == [(b"till-1", received())]
        server.send(b"till-1", hello("answer"))
        assert parse(till.recv()) == hello("answer")
        till.close()


def test_a_connection_that_kept_the_name_it_chose_is_rejected_and_receives_nothing(
    server: TillServer, connect: Connect, good_key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as ignored:
        # As if ZeroMQ ignored the metadata in the agent's answer.
        ignored.setattr("edge.till.authentication._metadata", lambda *_: b"")
        till = connect(zmq.DEALER, server.addresses[0], b"till-1", good_key)
        till.send(hello().to_json().encode())
        poll_until(server, lambda: server.rejections.counts.get("another's name", 0) == 1)
    server.send(b"till-1", hello("secret"))
    assert (till.poll(100), server.tills) == (0, ())


def test_a_handshake_is_answered_after_zeromq_has_read_the_clients_own_identity(
    keys: Keys, good_key: Path, connect: Connect
) -> None:
    context = zmq.Context()
    authenticator = Authenticator(context, keys, Rejections())
    socket = sockets.bind(context, zmq.ROUTER, "till.reliable", PUBLIC.reliable, authenticator)
    till = connect(zmq.DEALER, socket.get_string(zmq.LAST_ENDPOINT), b"till-1", good_key)
    till.send(b"hello")
    give_up_s = time.monotonic() + 60
    while not authenticator._waiting:
        assert time.monotonic() < give_up_s
        authenticator.poll(0.0)
    authenticator.poll(HANDSHAKE_REPLY_S - 0.001)
    assert (socket.poll(50), len(authenticator._waiting)) == (0, 1)
    authenticator.poll(HANDSHAKE_REPLY_S)
    assert socket.recv_multipart() == [authenticator.routing_id_of("till-1"), b"hello"]
    context.destroy(linger=0)
