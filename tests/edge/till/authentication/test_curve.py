"""The channels on public addresses: CURVE only, for tills that have a key."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
import zmq
import zmq.auth

from edge.errors import RunError, UsageError
from edge.settings.sections import TillSettings
from edge.till import sockets
from edge.till.authentication import Authenticator
from edge.till.envelope import parse
from edge.till.keys import Keys
from edge.till.limits import RECEIVED_BYTES
from edge.till.messages import Error
from edge.till.rejections import Rejections
from edge.till.server import TillServer
from tests.edge.till.authentication.conftest import PUBLIC
from tests.edge.till.conftest import Connect, hello, poll_until, receive, received, watch_disconnection


def send_if_connected(client: zmq.Socket[bytes], till: str) -> None:
    """A client that is refused may be disconnected already, and then has nobody to send to."""
    with suppress(zmq.Again):
        client.send(hello(till).to_json().encode(), zmq.NOBLOCK)


def test_a_till_with_a_key_is_served(only_the_good_till_is_served: Callable[[], None]) -> None:
    only_the_good_till_is_served()


def test_a_message_may_be_as_long_as_without_curve(server: TillServer, good_till: zmq.Socket[bytes]) -> None:
    disconnected = watch_disconnection(good_till)
    good_till.send(b"x" * RECEIVED_BYTES)
    [(name, problem)] = receive(server)
    assert name == b"till-1"
    assert isinstance(problem, Error)
    assert problem.code == "too-large"
    good_till.send(b"x" * (RECEIVED_BYTES + 1))
    poll_until(server, disconnected)


def test_a_screen_with_a_key_receives_the_live_channel(server: TillServer, connect: Connect, good_key: Path) -> None:
    screen = connect(zmq.SUB, server.addresses[1], certificate=good_key)
    screen.subscribe(b"lane.alert")

    def published() -> int:
        server.publish("lane.alert.lane-1", hello())
        return screen.poll(1)

    poll_until(server, published)
    assert screen.recv_multipart()[0] == b"lane.alert.lane-1"


@pytest.mark.parametrize("kind", [zmq.DEALER, zmq.SUB])
def test_an_unknown_key_is_rejected_and_counted(
    kind: int, server: TillServer, connect: Connect, good_key: Path, only_the_good_till_is_served: Callable[[], None]
) -> None:
    public, secret = zmq.curve_keypair()
    forged = good_key.with_name("forged")
    text = good_key.read_text()
    for mine, theirs in zip(zmq.auth.load_certificate(good_key), (public, secret), strict=True):
        assert mine
        text = text.replace(mine.decode(), theirs.decode())
    forged.write_text(text)
    stranger = connect(kind, server.addresses[kind == zmq.SUB], b"till-1", forged)
    if kind == zmq.DEALER:
        send_if_connected(stranger, "forged")
    poll_until(server, lambda: server.rejections.counts.get("unknown key", 0) >= 1)
    only_the_good_till_is_served()


@pytest.mark.parametrize("channel", [0, 1])
def test_a_client_without_a_key_is_disconnected(
    channel: int, server: TillServer, connect: Connect, only_the_good_till_is_served: Callable[[], None]
) -> None:
    plain = connect(zmq.SUB if channel else zmq.DEALER, server.addresses[channel], b"till-1", watched=True)
    disconnected = watch_disconnection(plain)
    if channel == 0:
        send_if_connected(plain, "plain")
    poll_until(server, disconnected)
    only_the_good_till_is_served()


def test_a_till_with_another_agents_public_key_is_disconnected(
    server: TillServer, connect: Connect, good_key: Path, only_the_good_till_is_served: Callable[[], None]
) -> None:
    public, _ = zmq.curve_keypair()
    lost = connect(zmq.DEALER, server.addresses[0], b"till-1", good_key, watched=True, curve_serverkey=public)
    disconnected = watch_disconnection(lost)
    send_if_connected(lost, "lost")
    poll_until(server, disconnected)
    only_the_good_till_is_served()


def test_a_revoked_key_is_rejected_within_a_second(
    server: TillServer, keys: Keys, connect: Connect, other_key: Path,
    only_the_good_till_is_served: Callable[[], None], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    leaver = connect(zmq.DEALER, server.addresses[0], b"till-2", other_key)
    leaver.send(hello().to_json().encode())
    assert receive(server) == [(b"till-2", received())]

    keys.revoke("till-2")
    with monkeypatch.context() as later:
        second_later_s = time.monotonic() + 1
        later.setattr("edge.till.server.time", SimpleNamespace(monotonic=lambda: second_later_s))
        server.poll()
    assert server.tills == ()
    # The connection stays open, but carries no message in either direction.
    leaver.send(hello("too late").to_json().encode())
    poll_until(server, lambda: server.rejections.counts.get("revoked key", 0) == 1)
    server.send(b"till-2", hello("secret"))
    only_the_good_till_is_served()
    assert leaver.poll(0) == 0


def test_a_screen_with_a_revoked_key_receives_nothing_more_and_the_other_one_reconnects(
    server: TillServer, keys: Keys, connect: Connect, good_key: Path, other_key: Path
) -> None:
    leaver = connect(zmq.SUB, server.addresses[1], certificate=other_key)
    screen = connect(zmq.SUB, server.addresses[1], certificate=good_key)
    for socket in (leaver, screen):
        socket.subscribe(b"")

    def published(text: str, *screens: zmq.Socket[bytes]) -> Callable[[], bool]:
        """Makes a check that publishes a text, and whether every screen has received this text."""

        def publish() -> bool:
            server.publish("lane.alert.lane-1", hello(text))
            return all(screen.poll(1) and parse(screen.recv_multipart()[1]) == hello(text) for screen in screens)

        return publish

    poll_until(server, published("before", leaver, screen))
    keys.revoke("till-2")
    poll_until(server, lambda: server.poll() or server.rejections.counts.get("unknown key", 0) >= 1)
    poll_until(server, published("after", screen))
    received_by_leaver = [leaver.recv_multipart()[1] for _ in iter(lambda: leaver.poll(0), 0)]
    assert hello("after").to_json().encode() not in received_by_leaver


def test_after_a_till_gets_a_new_key_the_old_one_stays_rejected(
    server: TillServer, keys: Keys, connect: Connect, other_key: Path, make_key: Callable[[str], Path]
) -> None:
    old = connect(zmq.DEALER, server.addresses[0], b"till-2", other_key)
    old.send(hello("old").to_json().encode())
    assert receive(server) == [(b"till-2", received("old"))]

    # Both happen between two reads of the folder.
    keys.revoke("till-2")
    new_key = make_key("till-2")
    poll_until(server, lambda: server.tills == ())
    old.send(hello("too late").to_json().encode())
    poll_until(server, lambda: sum(server.rejections.counts.values()) == 1)
    new = connect(zmq.DEALER, server.addresses[0], b"till-2", new_key)
    new.send(hello("new").to_json().encode())
    assert receive(server) == [(b"till-2", received("new"))]
    server.send(b"till-2", hello("answer"))
    assert parse(new.recv()) == hello("answer")
    assert old.poll(0) == 0


def test_a_new_key_works_without_restarting_the_agent(
    server: TillServer, connect: Connect, make_key: Callable[[str], Path]
) -> None:
    server.poll()
    till = connect(zmq.DEALER, server.addresses[0], b"till-3", make_key("till-3"))
    till.send(hello().to_json().encode())
    assert receive(server) == [(b"till-3", received())]


def test_while_others_may_change_the_keys_no_till_can_connect(
    server: TillServer,
    good_till: zmq.Socket[bytes],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    only_the_good_till_is_served: Callable[[], None],
) -> None:
    only_the_good_till_is_served()
    folder = tmp_path / "state" / "keys" / "tills"
    folder.chmod(0o777)
    poll_until(server, lambda: server.tills == ())
    good_till.send(hello("unsafe").to_json().encode())
    poll_until(server, lambda: server.rejections.counts.get("revoked key", 0) == 1)
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
        f"{folder} has mode 0777, so that others may change it: chmod go-rwx {folder}; until then no till can connect"
    ]
    folder.chmod(0o700)

    def is_received() -> bool:
        good_till.send(hello("safe").to_json().encode())
        return bool(server.poll())

    poll_until(server, is_received)


def test_when_the_keys_cannot_be_read_the_tills_stay_connected(
    server: TillServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    only_the_good_till_is_served: Callable[[], None],
) -> None:
    def fail(keys: Keys) -> None:
        raise RunError("cannot read the keys: Too many open files")

    only_the_good_till_is_served()
    monkeypatch.setattr(Keys, "tills", fail)
    poll_until(server, lambda: "Too many open files; until then the keys read before stay valid" in caplog.text)
    only_the_good_till_is_served()


def test_no_till_can_connect_while_nothing_answers_zap_requests(keys: Keys, good_key: Path, connect: Connect) -> None:
    authenticator_context, context = zmq.Context(), zmq.Context()
    authenticator = Authenticator(authenticator_context, keys, Rejections())
    unanswered = sockets.bind(context, zmq.ROUTER, "till.reliable", PUBLIC.reliable, authenticator)
    till = connect(zmq.DEALER, unanswered.get_string(zmq.LAST_ENDPOINT), b"till-1", good_key)
    disconnected = watch_disconnection(till)
    till.send(hello().to_json().encode())
    give_up_s = time.monotonic() + 60
    while not disconnected():
        assert time.monotonic() < give_up_s
        assert unanswered.poll(10) == 0
    assert unanswered.poll(0) == 0
    context.destroy(linger=0)
    authenticator_context.destroy(linger=0)


def test_a_public_socket_cannot_be_bound_without_an_authenticator() -> None:
    with zmq.Context() as context, pytest.raises(RuntimeError, match="would let everybody in"):
        sockets.bind(context, zmq.ROUTER, "till.reliable", PUBLIC.reliable, None)


@pytest.mark.parametrize("with_keys", [True, False])
def test_a_public_address_without_keys_is_an_error_with_the_fix(with_keys: bool, keys: Keys) -> None:
    with pytest.raises(UsageError, match="no till has a key: make one with edge-agent keys new TILL"):
        TillServer(PUBLIC, keys if with_keys else None)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:*", "tcp://0.0.0.0:*"])
def test_keys_that_others_may_read_are_an_error_at_start(
    address: str, keys: Keys, good_key: Path, tmp_path: Path
) -> None:
    (tmp_path / "state" / "keys" / "agent.key_secret").chmod(0o640)
    with pytest.raises(UsageError, match=r"agent.key_secret has mode 0640, so that others may read it: chmod go-rwx"):
        TillServer(TillSettings(reliable=address, live=address), keys)


def test_loopback_needs_no_key_even_when_tills_have_keys(keys: Keys, good_key: Path, connect: Connect) -> None:
    server = TillServer(TillSettings(reliable="tcp://127.0.0.1:*", live="tcp://0.0.0.0:*"), keys)
    till = connect(zmq.DEALER, server.addresses[0], b"any-till")
    till.send(hello().to_json().encode())
    assert receive(server) == [(b"any-till", received())]
    server.close()
