"""A good till is served while hostile ones send all they can, and the agent's memory does not grow."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st

from edge.settings.sections import TillSettings
from edge.till.envelope import Event, parse, wrap
from edge.till.keys import Keys
from edge.till.messages import Ack, Data, Error, Hello, IdChecked, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reading import ReceivedMessage
from edge.till.server import TillServer
from tests.edge.till.conftest import Connect, receive

pytestmark = pytest.mark.slow


HOSTILE_CLIENTS = Path(__file__).with_name("hostile_clients.py")
HOSTILE_MESSAGES = 50_000
"""In each of two tests; 100,000 together."""
GOOD_MESSAGES = 300
GOOD_EVERY_S = 0.025
MOST_GROWTH_MIB = 16.0
LOOPBACK, PUBLIC = "tcp://127.0.0.1:*", "tcp://0.0.0.0:*"


def message(data: Data, number: int) -> Event:
    return wrap(data, id=f"message-{number}", source="/till/x", time=datetime(2026, 1, 1, tzinfo=timezone.utc))


OUT_OF_ORDER = (
    SaleClosed(sale_id="sale-1"),
    IdChecked(sale_id="never-opened", outcome="passed"),
    RestrictedItem(sale_id="sale-1"),
    SaleOpened(sale_id="sale-1"),
    Ack(message_id="never-sent", alert_id="never-sent"),
    Hello(till="good"),
)


def resident_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


class GoodTill:
    """Sends a message every GOOD_EVERY_S. waited_for: for each answer, how many hostile messages were handled before
    it; a count does not depend on how busy the machine is."""

    def __init__(self, till: zmq.Socket[bytes]) -> None:
        self._till, self._sent_s, self._sent_at = till, -GOOD_EVERY_S, list[int]()
        self.waited_for: list[int] = []

    def work(self, hostile: int) -> None:
        """hostile: how many hostile messages were handled so far."""
        now_s = time.monotonic()
        if len(self._sent_at) < GOOD_MESSAGES and now_s - self._sent_s >= GOOD_EVERY_S:
            self._till.send(message(Hello(till="good"), len(self._sent_at)).to_json().encode())
            self._sent_at.append(hostile)
            self._sent_s = now_s
        while self._till.poll(0):
            answer = parse(self._till.recv()).content()
            assert isinstance(answer, Ack)
            assert answer.message_id == f"message-{len(self.waited_for)}", "an answer was lost"
            self.waited_for.append(hostile - self._sent_at[len(self.waited_for)])


def survive(server: TillServer, good: GoodTill, folder: Path, certificates: list[Path]) -> None:
    """Serves the good till and the hostile ones until all messages have arrived, and checks waits and memory."""
    valid = folder / "valid"
    valid.write_text("\n".join(message(data, number).to_json() for number, data in enumerate(OUT_OF_ORDER)))
    address = server.addresses[0].replace("0.0.0.0", "127.0.0.1")
    command: list[str | Path] = [sys.executable, HOSTILE_CLIENTS, address, str(HOSTILE_MESSAGES), valid, *certificates]
    received = Counter[bytes]()
    hostile, before_mib = 0, 0.0
    give_up_s = time.monotonic() + 300
    with subprocess.Popen(command, stdin=subprocess.PIPE) as attackers:
        # All hostile messages arrive, except those that are too long.
        while hostile < 0.99 * HOSTILE_MESSAGES or len(good.waited_for) < GOOD_MESSAGES:
            assert time.monotonic() < give_up_s, f"{received} received, {server.rejections.counts} rejected"
            good.work(hostile)
            for till, message_or_error in server.poll():
                received[till] += 1
                is_error = isinstance(message_or_error, Error)
                answer = message_or_error if is_error else Ack(message_id=message_or_error.id)
                server.send(till, message(answer, 0))
            hostile = received.total() - received[b"good"] + sum(server.rejections.counts.values())
            if not before_mib and hostile > HOSTILE_MESSAGES // 10:
                before_mib = resident_mib()
            time.sleep(0.001)
    growth_mib = resident_mib() - before_mib
    print(
        f"{hostile} hostile messages, rejected {server.rejections.counts}; memory grew by {growth_mib:.1f} MiB; "
        f"the good till waited for {max(good.waited_for)} of them at most"
    )
    assert attackers.returncode == 0
    assert received[b"good"] == GOOD_MESSAGES
    # A till that had to wait for the hostile ones would wait for all of them.
    assert max(good.waited_for) < HOSTILE_MESSAGES / 2
    assert growth_mib < MOST_GROWTH_MIB


def test_hostile_tills_on_loopback_do_not_affect_others(connect: Connect, tmp_path: Path) -> None:
    with closing(TillServer(TillSettings(reliable=LOOPBACK, live=LOOPBACK))) as server:
        survive(server, GoodTill(connect(zmq.DEALER, server.addresses[0], b"good")), tmp_path, [])


def test_hostile_tills_with_keys_do_not_affect_others(connect: Connect, tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys")
    certificates = [tmp_path / name for name in ("good", "hostile-0", "hostile-1", "hostile-2", "hostile-3")]
    for certificate in certificates:
        keys.new(certificate.name, certificate, (PUBLIC, PUBLIC))
    with closing(TillServer(TillSettings(reliable=PUBLIC, live=PUBLIC), keys)) as server:
        good = connect(zmq.DEALER, server.addresses[0], b"good", certificates[0])
        survive(server, GoodTill(good), tmp_path, certificates[1:])


@pytest.fixture(scope="module")
def server_and_till() -> Iterator[tuple[TillServer, zmq.Socket[bytes]]]:
    server = TillServer(TillSettings(reliable=LOOPBACK, live=LOOPBACK))
    with zmq.Context() as context, context.socket(zmq.DEALER) as till:
        till.identity, till.linger = b"till-1", 0
        till.connect(server.addresses[0])
        yield server, till
    server.close()


@given(frames=st.lists(st.binary(max_size=300), min_size=1, max_size=4))
def test_any_frames_arrive_as_a_message_or_an_error(
    frames: list[bytes], server_and_till: tuple[TillServer, zmq.Socket[bytes]]
) -> None:
    server, till = server_and_till
    till.send_multipart(frames)
    [(name, message_or_error)] = receive(server)
    assert name == b"till-1"
    assert isinstance(message_or_error, (ReceivedMessage, Error))
