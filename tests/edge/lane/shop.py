"""A till desk and its tills, with real sockets, a real database, and a clock that the test sets."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TypeVar

import zmq

from edge.clock.reading import Reading
from edge.lane.desk import TillDesk
from edge.lane.events import EventLog
from edge.lane.health import LaneHealth
from edge.lane.lane import Lane
from edge.lane.publisher import Publisher
from edge.lane.rules import LaneRules
from edge.records.audit import Audit
from edge.records.database import Database
from edge.records.records import SaleRecord
from edge.settings.config import Settings
from edge.settings.sections import TillSettings
from edge.till.envelope import parse, wrap
from edge.till.identity import LiveIdentity
from edge.till.messages import Ack, Alert, Data, Error, RestrictedItem, SaleClosed, SaleOpened
from edge.till.server import TillServer
from tests.edge.people import LIMIT

NEW_YEAR = datetime(2026, 1, 1, tzinfo=timezone.utc)
ANY_PORT = "tcp://127.0.0.1:*"
PATIENCE_S = 60.0
T = TypeVar("T")
OPEN, SCAN, CLOSE = SaleOpened(sale_id="sale-1"), RestrictedItem(sale_id="sale-1"), SaleClosed(sale_id="sale-1")


class Clock(LiveIdentity):
    """Random ids, and the wall time that the test sets.

    ahead: how far the wall clock is ahead. synchronised: whether a time server sets it. boot: names the box's start.
    """

    def __init__(self) -> None:
        self.ahead, self.synchronised, self.boot = timedelta(), True, "first boot"

    def wall_time(self, now_s: float) -> datetime:
        return NEW_YEAR + timedelta(seconds=now_s) + self.ahead

    def reading(self, now_s: float, *, trusted: bool) -> Reading:
        return Reading(self.wall_time(now_s).timestamp(), now_s, self.boot, self.synchronised, trusted)


class Shop:
    """inbox: by till, the (event id, message) pairs that it has received. problem: the camera's, empty for none.
    till_ahead: the tills' clocks stand at NEW_YEAR, and this much later."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir, self.now_s = state_dir, 0.0
        self._context = zmq.Context()
        self._sockets: dict[str, zmq.Socket[bytes]] = {}
        self._sent = 0
        self.inbox: dict[str, list[tuple[str, Data]]] = {}
        self.problem = ""
        self.clock = Clock()
        self.till_ahead = timedelta()
        self.server_address = ANY_PORT
        self.start()

    def start(self) -> None:
        settings = Settings(mode="on-sale", state_dir=self.state_dir)
        self.server = TillServer(TillSettings(reliable=self.server_address, live=ANY_PORT))
        self.server_address = self.server.addresses[0]
        identity = self.clock
        self.lane = Lane(LaneRules(settings, {18: LIMIT}, "0123456789ab"), identity)
        publisher = Publisher(settings, identity, EventLog(None), self.server)
        self.desk = TillDesk(settings, self.lane, identity, publisher, self.server, self.now_s, self.health)

    def health(self) -> LaneHealth:
        return LaneHealth().with_problem("camera", self.problem)

    def stop(self) -> None:
        """Stop the agent; the tills stay."""
        self.desk.close()
        self.server.close()

    def close(self) -> None:
        self.stop()
        self._context.destroy(linger=0)

    def send(self, data: Data, till: str = "till-1", message_id: str | None = None) -> str:
        self._sent += 1
        message_id = message_id or f"{till}-{self._sent}"
        event = wrap(data, id=message_id, source=f"/till/{till}", time=NEW_YEAR + self.till_ahead)
        self.socket(till).send(event.to_json().encode())
        return message_id

    def socket(self, till: str) -> zmq.Socket[bytes]:
        if till not in self._sockets:
            socket: zmq.Socket[bytes] = self._context.socket(zmq.DEALER)
            socket.identity = till.encode()
            socket.connect(self.server_address)
            self._sockets[till] = socket
            self.inbox[till] = []
        return self._sockets[till]

    def vanish(self, till: str) -> None:
        """Disconnect a till without a message."""
        self._sockets.pop(till).close(linger=0)

    def run(self, seconds: float = 0.0) -> None:
        """Let time pass on the agent's clock."""
        until_s = round(self.now_s + seconds, 6)
        while True:
            self.desk.deliver(self.lane.tick(self.now_s), self.now_s)
            self.desk.serve(self.now_s)
            self._collect()
            if self.now_s >= until_s:
                return
            self.now_s = round(min(self.now_s + 0.1, until_s), 6)

    def until(self, found: Callable[[], T]) -> T:
        """Serve until `found` returns a true value, and return it; the agent's clock stands still."""
        give_up_s = time.monotonic() + PATIENCE_S
        while not (result := found()):
            assert time.monotonic() < give_up_s, f"nothing received; so far {self.inbox}"
            self.run()
            time.sleep(0.001)
        return result

    def reply_to(self, message_id: str, till: str = "till-1") -> Ack | Error:
        def replies() -> list[Ack | Error]:
            received = [data for _, data in self.inbox[till] if isinstance(data, Ack | Error)]
            return [data for data in received if data.message_id == message_id]

        return self.until(replies)[0]

    def ask(self, data: Data, till: str = "till-1", message_id: str | None = None) -> Ack | Error:
        return self.reply_to(self.send(data, till, message_id), till)

    @property
    def open_record(self) -> SaleRecord:
        """The record of the open sale."""
        record = next((sale.record for sale in self.lane.open_sales), None)
        assert record
        return record

    def alerts(self, till: str = "till-1") -> list[Alert]:
        return [data for _, data in self.inbox[till] if isinstance(data, Alert)]

    def confirm(self, alert: Alert, till: str = "till-1") -> None:
        self.send(Ack(message_id="any", alert_id=alert.alert_id), till)

    def _collect(self) -> None:
        for till, socket in self._sockets.items():
            while socket.poll(0):
                event = parse(socket.recv())
                self.inbox[till].append((event.id, event.content()))


def records(shop: Shop) -> list[SaleRecord]:
    database = Database(shop.state_dir)
    try:
        assert Audit(database).verify() == []
        return [record for _, record in Audit(database).records()]
    finally:
        database.close()
