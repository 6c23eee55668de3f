"""Both channels on loopback addresses, over real ZeroMQ. Public addresses with keys: authentication/."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import zmq

from edge.errors import UsageError
from edge.settings.sections import TillSettings
from edge.till.envelope import parse
from edge.till.limits import (
    BURST,
    MESSAGE_BYTES,
    PENALTY_S,
    RECEIVED_BYTES,
    TILL_SILENT_S,
    TILLS,
    TOPICS,
)
from edge.till.messages import Error
from edge.till.reading import ReceivedMessage
from edge.till.server import TillServer
from tests.edge.till.conftest import Connect, hello, poll_until, receive, received, watch_disconnection
from tests.ports import free_port

ANY_PORT = "tcp://127.0.0.1:*"


@pytest.fixture
def server() -> Iterator[TillServer]:
    server = TillServer(TillSettings(reliable=ANY_PORT, live=ANY_PORT))
    yield server
    server.close()


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Replaces the server's clock with one that only this fixture moves. Returns a function that moves it."""
    now_s = [time.monotonic()]
    monkeypatch.setattr("edge.till.server.time", SimpleNamespace(monotonic=lambda: now_s[0]))

    def wait(seconds: float) -> None:
        now_s[0] += seconds

    return wait


def test_a_message_arrives_with_the_tills_identity_and_the_reply_goes_back(
    server: TillServer, connect: Connect
) -> None:
    till = connect(zmq.DEALER, server.addresses[0], b"till-1")
    till.send(hello().to_json().encode())
    assert receive(server) == [(b"till-1", received())]
    assert server.tills == (b"till-1",)
    server.send(b"till-1", hello("reply"))
    assert parse(till.recv()) == hello("reply")


def test_a_reply_goes_to_one_till_only(server: TillServer, connect: Connect) -> None:
    tills = [connect(zmq.DEALER, server.addresses[0], name) for name in (b"till-1", b"till-2")]
    for till in tills:
        till.send(hello().to_json().encode())
    receive(server, count=2)
    server.send(b"till-2", hello("second"))
    server.send(b"till-1", hello("first"))
    assert [parse(till.recv()) for till in tills] == [hello("first"), hello("second")]


def test_the_order_of_messages_is_kept(server: TillServer, connect: Connect) -> None:
    till = connect(zmq.DEALER, server.addresses[0], b"till-1")
    for number in range(BURST):
        till.send(hello(str(number)).to_json().encode())
    messages = [message for _, message in receive(server, count=BURST)]
    assert messages == [received(str(number)) for number in range(BURST)]


def test_poll_returns_nothing_without_messages(server: TillServer) -> None:
    assert server.poll() == []


@pytest.mark.parametrize(
    ("frames", "why"),
    [
        ([b"hello"], "is not JSON"),
        ([b""], "is not JSON"),
        ([b"", b"{}"], "one frame with one JSON object, this had more"),
        ([b""] * 5000, "one frame with one JSON object, this had more"),
        ([b"{}"], "is missing"),
    ],
)
def test_an_invalid_message_is_returned_as_an_error_and_the_next_one_is_received(
    frames: list[bytes], why: str, server: TillServer, connect: Connect
) -> None:
    till = connect(zmq.DEALER, server.addresses[0], b"till-1")
    till.send_multipart(frames)
    till.send(hello().to_json().encode())
    (name, problem), good = receive(server, count=2)
    assert name == b"till-1"
    assert isinstance(problem, Error)
    assert why in problem.text
    assert good == (b"till-1", received())


def padded(size: int) -> bytes:
    """A message of this many bytes."""
    raw = hello().to_json().encode()
    return raw + b" " * (size - len(raw))


def test_a_message_above_the_promised_length_is_answered_and_the_till_stays_connected(
    server: TillServer, connect: Connect
) -> None:
    till = connect(zmq.DEALER, server.addresses[0], b"till-1")
    disconnected = watch_disconnection(till)
    for size in (MESSAGE_BYTES, MESSAGE_BYTES + 1, RECEIVED_BYTES):
        till.send(padded(size))
    good, *problems = [message for _, message in receive(server, count=3)]
    assert good == received()
    assert [(problem.code, problem.message_id) for problem in problems if isinstance(problem, Error)] == [
        ("too-large", "hello-till-1")
    ] * 2
    assert not disconnected()


def test_a_till_that_sends_more_than_is_received_is_disconnected_and_its_later_messages_are_received(
    server: TillServer, connect: Connect
) -> None:
    till = connect(zmq.DEALER, server.addresses[0], b"till-1")
    till.send(b"x" * (RECEIVED_BYTES + 1))
    messages: list[tuple[bytes, ReceivedMessage | Error]] = []
    # The till is disconnected and reconnects by itself. Messages sent meanwhile are lost, so it sends several.
    for _ in range(1000):
        till.send(hello().to_json().encode())
        time.sleep(0.01)
        if messages := server.poll():
            break
    assert messages[0] == (b"till-1", received())


def test_long_messages_wait_for_the_next_poll_so_that_the_camera_does_not(server: TillServer, connect: Connect) -> None:
    tills = [connect(zmq.DEALER, server.addresses[0], f"till-{number}".encode()) for number in range(3)]
    for till in tills:
        till.send(padded(MESSAGE_BYTES))
    counts: list[int] = []
    poll_until(server, lambda: counts.append(len(server.poll())) or sum(counts) >= 2)
    assert max(counts) == 1


def test_sending_to_a_till_that_is_gone_does_not_block(server: TillServer, connect: Connect) -> None:
    till = connect(zmq.DEALER, server.addresses[0], b"till-1")
    till.send(hello().to_json().encode())
    receive(server)
    till.close()
    for _ in range(3000):
        server.send(b"till-1", hello())
    server.send(b"never-seen", hello())


def test_sending_to_a_till_that_never_reads_does_not_block_and_costs_little_memory(
    server: TillServer, connect: Connect
) -> None:
    deaf = connect(zmq.DEALER, server.addresses[0], b"till-1", rcvhwm=1, rcvbuf=4096)
    deaf.send(hello().to_json().encode())
    receive(server)
    statm = Path("/proc/self/statm")
    before = int(statm.read_text().split()[1])
    for _ in range(30_000):
        server.send(b"till-1", hello("x" * 100))
    grown_pages = int(statm.read_text().split()[1]) - before
    assert grown_pages * os.sysconf("SC_PAGE_SIZE") < 5 * 2**20


def test_a_till_that_reconnects_takes_over_its_name(server: TillServer, connect: Connect) -> None:
    for connection in ("first", "second"):
        till = connect(zmq.DEALER, server.addresses[0], b"till-1")
        till.send(hello(connection).to_json().encode())
        assert receive(server) == [(b"till-1", received(connection))]
    server.send(b"till-1", hello("reply"))
    assert parse(till.recv()) == hello("reply")


def test_a_forgotten_till_receives_nothing_until_its_next_message(server: TillServer, connect: Connect) -> None:
    till = connect(zmq.DEALER, server.addresses[0], b"till-1")
    till.send(hello().to_json().encode())
    receive(server)
    server.forget(b"till-1")
    server.forget(b"till-1")
    assert server.tills == ()
    server.send(b"till-1", hello("lost"))
    till.send(hello().to_json().encode())
    receive(server)
    server.send(b"till-1", hello("reply"))
    assert parse(till.recv()) == hello("reply")


@pytest.mark.parametrize("identity", [b"", b"till 1", b"x" * 41, b"\xff\xfe", "касса-1".encode(), b"till-1\n"])
def test_a_client_without_a_valid_name_can_be_answered_but_is_not_listed_as_a_till(
    identity: bytes, server: TillServer, connect: Connect
) -> None:
    till = connect(zmq.DEALER, server.addresses[0], identity)
    till.send(hello().to_json().encode())
    [(name, _)] = receive(server)
    assert server.tills == ()
    server.send(name, hello("a till needs a name"))
    assert parse(till.recv()) == hello("a till needs a name")


def test_a_till_that_sends_too_much_is_ignored_for_a_while_and_other_tills_are_served(
    server: TillServer, connect: Connect, wait: Callable[[float], None]
) -> None:
    loud, calm = (connect(zmq.DEALER, server.addresses[0], name) for name in (b"loud", b"calm"))
    for number in range(BURST + 100):
        loud.send(hello(str(number)).to_json().encode())
    poll_until(server, lambda: server.rejections.counts.get("too fast", 0) == 100)
    calm.send(hello().to_json().encode())
    assert receive(server) == [(b"calm", received())]
    server.forget(b"loud")
    loud.send(hello().to_json().encode())
    poll_until(server, lambda: sum(server.rejections.counts.values()) == 101)
    wait(PENALTY_S)
    loud.send(hello("calmer").to_json().encode())
    assert receive(server) == [(b"loud", received("calmer"))]


@pytest.mark.usefixtures("wait")
def test_all_clients_without_a_name_share_one_limit(server: TillServer, connect: Connect) -> None:
    for _ in range(30):
        nameless = connect(zmq.DEALER, server.addresses[0])
        for _ in range(10):
            nameless.send(hello().to_json().encode())
    poll_until(server, lambda: server.rejections.counts == {"no name": 300 - BURST})


def test_one_till_too_many_is_rejected_until_another_has_been_silent_long_enough(
    server: TillServer, connect: Connect, wait: Callable[[float], None]
) -> None:
    tills = [connect(zmq.DEALER, server.addresses[0], f"till-{number}".encode()) for number in range(TILLS + 1)]
    for till in tills[:TILLS]:
        till.send(hello().to_json().encode())
        receive(server)
    tills[TILLS].send(hello().to_json().encode())
    poll_until(server, lambda: server.rejections.counts == {"too many tills": 1})
    wait(TILL_SILENT_S - 1)
    for till in tills[1:TILLS]:
        till.send(hello().to_json().encode())
    receive(server, count=TILLS - 1)
    wait(1)
    tills[TILLS].send(hello().to_json().encode())
    assert receive(server) == [(f"till-{TILLS}".encode(), received())]
    assert b"till-0" not in server.tills
    assert len(server.tills) == TILLS


def test_a_till_that_is_silent_keeps_its_place_when_forty_others_come(
    server: TillServer, connect: Connect, wait: Callable[[float], None]
) -> None:
    good = connect(zmq.DEALER, server.addresses[0], b"good")
    good.send(hello().to_json().encode())
    receive(server)
    server.forget(b"good")
    others = [connect(zmq.DEALER, server.addresses[0], f"other-{number}".encode()) for number in range(40)]
    for _ in range(3):
        wait(TILL_SILENT_S)
        for other in others:
            other.send(hello().to_json().encode())
        assert len(receive(server, count=TILLS)) >= TILLS
    good.send(hello("again").to_json().encode())
    poll_until(server, lambda: b"good" in server.tills)
    server.send(b"good", hello("answer"))
    assert parse(good.recv()) == hello("answer")


def test_a_screen_receives_the_topics_it_subscribed_to(server: TillServer, connect: Connect) -> None:
    screen = connect(zmq.SUB, server.addresses[1])
    screen.subscribe(b"lane.alert.lane-1")
    topic, body = received_by_screen(server, screen)
    assert topic == b"lane.alert.lane-1"
    assert parse(body) == hello("alert")


def received_by_screen(server: TillServer, screen: zmq.Socket[bytes]) -> list[bytes]:
    """Publishes until the screen receives a message, because a subscription takes a moment to arrive."""
    for _ in range(2000):
        server.poll()
        server.publish("lane.state.lane-1", hello("state"))
        server.publish("lane.alert.lane-1", hello("alert"))
        if screen.poll(10):
            return screen.recv_multipart()
    return []


@pytest.mark.parametrize("address", [ANY_PORT, "ipc://{folder}/live"])
def test_a_screen_with_too_many_topics_is_disconnected_and_the_others_reconnect(
    address: str, tmp_path: Path, connect: Connect
) -> None:
    server = TillServer(TillSettings(reliable=ANY_PORT, live=address.format(folder=tmp_path)))
    good, hostile = (connect(zmq.SUB, server.addresses[1]) for _ in range(2))
    good.subscribe(b"lane.alert.lane-1")
    for number in range(TOPICS + 1):
        hostile.subscribe(f"topic-{number}".encode())
    poll_until(server, lambda: server.rejections.counts.get("topics", 0) >= 1)
    hostile.close()
    assert received_by_screen(server, good)[0] == b"lane.alert.lane-1"
    server.close()


def test_the_topics_of_closed_screens_are_removed(server: TillServer, connect: Connect) -> None:
    for _ in range(3):
        screen = connect(zmq.SUB, server.addresses[1])
        for number in range(TOPICS // 2 - 1):
            screen.subscribe(f"topic-{number}".encode())
        screen.subscribe(b"lane.alert.lane-1")
        assert received_by_screen(server, screen)
        screen.close()
    assert sum(server.rejections.counts.values()) == 0


def test_ipc_sockets_work_like_tcp_sockets(tmp_path: Path, connect: Connect) -> None:
    settings = TillSettings(reliable=f"ipc://{tmp_path}/r", live=f"ipc://{tmp_path}/l")
    server = TillServer(settings)
    assert server.addresses == (settings.reliable, settings.live)
    till = connect(zmq.DEALER, settings.reliable, b"till-1")
    till.send(hello().to_json().encode())
    assert receive(server) == [(b"till-1", received())]
    server.close()


@pytest.mark.parametrize("setting", ["reliable", "live"])
@pytest.mark.parametrize("address", ["tcp://0.0.0.0:5557", "tcp://*:5557", "tcp://192.168.1.5:5557", "tcp://eth0:*"])
def test_a_public_address_without_keys_is_an_error(setting: str, address: str) -> None:
    other = "live" if setting == "reliable" else "reliable"
    with pytest.raises(UsageError) as error:
        TillServer(TillSettings.model_validate({setting: address, other: ANY_PORT}))
    assert str(error.value) == (
        f"till.{setting} = {address!r} can be reached from other machines, and no till has a key: "
        "make one with edge-agent keys new TILL, or use tcp://127.0.0.1:PORT"
    )


@pytest.mark.parametrize("address", ["5557", "", "tcp://", "tcp://0.0.0.0", "udp://127.0.0.1:5557", "tcp://a:1;b:2"])
def test_an_invalid_address_is_an_error_with_the_fix(address: str) -> None:
    with pytest.raises(UsageError, match=r"till.reliable = .* is not a valid address: use tcp://127.0.0.1:PORT"):
        TillServer(TillSettings(reliable=address, live=ANY_PORT))


def test_a_port_in_use_is_an_error_and_the_other_port_is_released(server: TillServer) -> None:
    live = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(UsageError, match="choose another port"):
        TillServer(TillSettings(reliable=server.addresses[0], live=live))
    TillServer(TillSettings(reliable=ANY_PORT, live=live)).close()


def test_a_live_channel_whose_port_is_in_use_is_tried_until_it_is_free(server: TillServer, connect: Connect) -> None:
    live = server.addresses[1]
    other = TillServer(TillSettings(reliable=ANY_PORT, live=live), patient=True)
    assert other.problem.startswith(f"the live channel cannot be served: till.live = '{live}': Address already in use")
    till = connect(zmq.DEALER, other.addresses[0], b"till-1")
    till.send(hello().to_json().encode())
    assert receive(other) == [(b"till-1", received())], "tills are served meanwhile"
    other.publish("lane.state.lane-1", hello())
    server.close()
    poll_until(other, lambda: other.problem == "")
    screen = connect(zmq.SUB, live)
    screen.subscribe(b"lane.alert.lane-1")
    assert received_by_screen(other, screen)[0] == b"lane.alert.lane-1"
    other.close()


def test_a_port_above_65535_is_an_error() -> None:
    with pytest.raises(UsageError, match="70000"):
        TillServer(TillSettings(reliable="tcp://127.0.0.1:70000", live=ANY_PORT)).close()


def test_a_closed_server_releases_its_ports() -> None:
    reliable, live = (f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
    for _ in range(2):
        TillServer(TillSettings(reliable=reliable, live=live)).close()
