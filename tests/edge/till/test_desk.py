"""The till desk: answers, alerts until they are confirmed, and records, over real sockets and a real database."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import zmq

from edge.audit import Audit
from edge.config import Settings, TillSettings
from edge.database import Database
from edge.errors import UsageError
from edge.events import EventLog
from edge.faces import Faces
from edge.frames import Frame
from edge.health import LaneHealth
from edge.identity import LiveIdentity
from edge.lane import Lane
from edge.till.desk import TillDesk
from edge.till.messages import (
    Ack,
    Alert,
    Data,
    Error,
    Health,
    Hello,
    IdChecked,
    RestrictedItem,
    SaleClosed,
    SaleOpened,
    parse,
    wrap,
)
from edge.till.server import TillServer

ANY_PORT = "tcp://127.0.0.1:*"
PATIENCE_S = 10.0
OPEN, SCAN, CLOSE = SaleOpened(sale_id="sale-1"), RestrictedItem(sale_id="sale-1"), SaleClosed(sale_id="sale-1")


class Clock(LiveIdentity):
    """New ids like a live agent's, and the wall time that the test sets."""

    def wall_time(self, now_s: float) -> datetime:
        return datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=now_s)


class Shop:
    """An agent's desk and its tills, on a clock that the test sets."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir, self.now_s = state_dir, 0.0
        self._context = zmq.Context()
        self._sockets: dict[str, zmq.Socket[bytes]] = {}
        self._sent = 0
        self.inbox: dict[str, list[tuple[str, Data]]] = {}
        self.problem = ""
        self.server: TillServer | None = None
        self.start()

    def start(self) -> None:
        settings = Settings(mode="on-sale", state_dir=self.state_dir)
        address = self.server_address if self.server else ANY_PORT
        self.server = TillServer(TillSettings(reliable=address, live=ANY_PORT))
        self.server_address = self.server.addresses[0]
        identity = Clock()
        self.lane = Lane(settings, 25, "0123456789ab", identity)
        self.desk = TillDesk(settings, self.lane, identity, EventLog(None), self.server, self.now_s, self.health)

    def health(self) -> LaneHealth:
        return LaneHealth().with_problem("camera", self.problem)

    def stop(self) -> None:
        """The agent ends; its tills stay."""
        self.desk.close()
        self.server.close()

    def close(self) -> None:
        self.stop()
        self._context.destroy(linger=0)

    def send(self, data: Data, till: str = "till-1", message_id: str | None = None) -> str:
        self._sent += 1
        message_id = message_id or f"{till}-{self._sent}"
        event = wrap(data, id=message_id, source=f"/till/{till}", time=datetime(2026, 1, 1, tzinfo=timezone.utc))
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
        """The till is gone without a word."""
        self._sockets.pop(till).close(linger=0)

    def run(self, seconds: float = 0.0) -> None:
        """Let time pass on the agent's clock."""
        until_s = round(self.now_s + seconds, 6)
        while True:
            self.desk.pass_on(self.lane.tick(self.now_s), self.now_s)
            self.desk.serve(self.now_s)
            self._listen()
            if self.now_s >= until_s:
                return
            self.now_s = round(min(self.now_s + 0.1, until_s), 6)

    def until(self, found: Callable[[], Any]) -> Any:
        """Serve until something is there; no time passes on the agent's clock."""
        give_up_s = time.monotonic() + PATIENCE_S
        while not (result := found()):
            assert time.monotonic() < give_up_s, f"nothing came; so far {self.inbox}"
            self.run()
            time.sleep(0.001)
        return result

    def reply_to(self, message_id: str, till: str = "till-1") -> Data:
        return self.until(
            lambda: [data for _, data in self.inbox[till] if getattr(data, "message_id", None) == message_id]
        )[0]

    def ask(self, data: Data, till: str = "till-1", message_id: str | None = None) -> Data:
        return self.reply_to(self.send(data, till, message_id), till)

    def alerts(self, till: str = "till-1") -> list[Alert]:
        return [data for _, data in self.inbox[till] if isinstance(data, Alert)]

    def confirm(self, alert: Alert, till: str = "till-1") -> None:
        self.send(Ack(message_id="any", alert_id=alert.alert_id), till)

    def _listen(self) -> None:
        for till, socket in self._sockets.items():
            while socket.poll(0):
                event = parse(socket.recv())
                self.inbox[till].append((event.id, event.content()))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    shop.close()


@pytest.fixture
def scanned(shop: Shop) -> Shop:
    """Alcohol was scanned, nobody is in view, and the till has its UNKNOWN, unconfirmed."""
    for message in (Hello(till="till-1"), OPEN, SCAN):
        assert isinstance(shop.ask(message), Ack)
    shop.run(1.0)
    shop.until(shop.alerts)
    return shop


def records(shop: Shop) -> list[Any]:
    database = Database(shop.state_dir)
    try:
        assert Audit(database).verify() == []
        return [record for _, record in Audit(database).records()]
    finally:
        database.close()


def test_an_alert_is_repeated_until_it_is_confirmed(scanned: Shop) -> None:
    scanned.run(2.0)
    scanned.until(lambda: len(scanned.alerts()) >= 3)
    assert len({alert.alert_id for alert in scanned.alerts()}) == 1
    scanned.confirm(scanned.alerts()[0])
    scanned.until(lambda: scanned.lane.open_record.alerts[0].received_at)
    before = len(scanned.alerts())
    scanned.run(20.0)
    assert len(scanned.alerts()) == before


def test_how_long_an_answer_took_is_known_when_its_till_confirms_it(shop: Shop, frame_at: Callable[..., Frame]) -> None:
    for message in (Hello(till="till-1"), OPEN, SCAN):
        shop.ask(message)
    shop.now_s = 0.9
    shop.desk.pass_on(shop.lane.see(Faces(), frame_at(0.75), shop.now_s), shop.now_s)
    [alert] = shop.until(shop.alerts)
    assert shop.desk.timings.percentiles() == {}
    shop.run(0.2)
    shop.confirm(alert)
    shop.until(lambda: shop.desk.on_their_way == 0)
    spans = {name: round(middle) for name, (_, middle, *_) in shop.desk.timings.percentiles().items()}
    assert spans == {"grab to ack": 1100 - 750, "scan to ack": 1100}
    shop.confirm(alert)
    shop.ask(CLOSE)
    assert [count for count, *_ in shop.desk.timings.percentiles().values()] == [1, 1]


def test_what_a_dead_camera_saw_last_does_not_count_as_the_start_of_an_answer(scanned: Shop) -> None:
    assert "camera-lost" in scanned.alerts()[0].reasons
    scanned.confirm(scanned.alerts()[0])
    scanned.until(lambda: scanned.desk.on_their_way == 0)
    assert set(scanned.desk.timings.percentiles()) == {"scan to ack"}


def test_alerts_on_their_way_and_those_that_came_too_late_are_counted(scanned: Shop) -> None:
    assert (scanned.desk.on_their_way, scanned.desk.overdue) == (1, 0)
    scanned.vanish("till-1")
    scanned.run(31.0)
    assert (scanned.desk.on_their_way, scanned.desk.overdue) == (0, 1)


def test_answers_sales_and_tills_are_counted(scanned: Shop) -> None:
    scanned.ask(CLOSE)
    assert +scanned.desk.counts.decisions == {"UNKNOWN": 1}
    assert +scanned.desk.counts.reasons == {("UNKNOWN", "camera-lost"): 1}
    assert +scanned.desk.counts.sales == {"completed": 1}
    assert scanned.desk.tills == 1


def test_a_restricted_sale_leaves_one_record_and_another_sale_none(scanned: Shop) -> None:
    scanned.confirm(scanned.alerts()[0])
    scanned.ask(IdChecked(sale_id="sale-1", outcome="passed", cashier_id="anna"))
    scanned.ask(CLOSE)
    scanned.ask(SaleOpened(sale_id="sale-2"))
    scanned.ask(SaleClosed(sale_id="sale-2"))
    [record] = records(scanned)
    assert (record.sale_id, record.decision, record.check, record.cashier_id) == ("sale-1", "UNKNOWN", "passed", "anna")


def test_a_message_heard_twice_gets_the_same_answer_and_does_nothing_twice(scanned: Shop) -> None:
    for _ in range(3):
        scanned.ask(CLOSE, message_id="closing")
    scanned.until(lambda: sum(data == Ack(message_id="closing") for _, data in scanned.inbox["till-1"]) == 3)
    assert len(records(scanned)) == 1


def test_an_alert_waits_for_a_till_that_was_away(scanned: Shop) -> None:
    scanned.vanish("till-1")
    scanned.run(5.0)
    scanned.ask(Hello(till="till-1"))
    again = scanned.until(scanned.alerts)
    assert again[0].sale_id == "sale-1"


def test_an_alert_past_its_time_is_not_shown_and_the_till_learns_of_it(scanned: Shop) -> None:
    missed = scanned.alerts()[0].alert_id
    scanned.vanish("till-1")
    scanned.run(31.0)
    scanned.ask(Hello(till="till-1"))
    found = scanned.until(lambda: [data for _, data in scanned.inbox["till-1"] if isinstance(data, Error)])
    assert [(error.code, error.alert_id, error.sale_id) for error in found] == [("expired", missed, "sale-1")]
    fresh = scanned.until(scanned.alerts)
    assert missed not in {alert.alert_id for alert in fresh}
    scanned.send(Ack(message_id="any", alert_id=missed))
    scanned.confirm(fresh[0])
    scanned.ask(CLOSE)
    [record] = records(scanned)
    assert [(alert.alert_id == missed, alert.expired) for alert in record.alerts] == [(True, True), (False, False)]


def test_once_told_a_till_is_not_told_again_what_it_missed(scanned: Shop) -> None:
    missed = scanned.alerts()[0].alert_id
    scanned.ask(CLOSE)
    scanned.ask(Hello(till="till-1"))
    scanned.until(lambda: [data for _, data in scanned.inbox["till-1"] if isinstance(data, Error)])
    scanned.send(Ack(message_id="any", alert_id=missed))
    scanned.ask(Hello(till="till-1"))
    scanned.ask(Hello(till="till-1"))
    assert sum(isinstance(data, Error) for _, data in scanned.inbox["till-1"]) == 1


def test_after_a_crash_the_sale_and_its_alert_are_still_there(scanned: Shop) -> None:
    alert_id = scanned.alerts()[0].alert_id
    scanned.stop()
    scanned.inbox["till-1"].clear()
    scanned.start()
    scanned.ask(Hello(till="till-1"))
    assert scanned.until(scanned.alerts)[0].alert_id == alert_id
    assert isinstance(scanned.ask(IdChecked(sale_id="sale-1", outcome="passed")), Ack)
    scanned.ask(CLOSE)
    assert [(record.sale_id, record.check) for record in records(scanned)] == [("sale-1", "passed")]


def test_a_till_hears_every_second_that_the_agent_is_there_and_why_it_cannot_know(scanned: Shop) -> None:
    def health() -> list[Health]:
        return [data for _, data in scanned.inbox["till-1"] if isinstance(data, Health)]

    scanned.run(3.0)
    scanned.until(lambda: len(health()) >= 3)
    assert (health()[-1].lane, health()[-1].status, health()[-1].problems) == ("lane-1", "ok", ())
    scanned.problem = "no picture from the camera"
    scanned.run(1.0)
    scanned.until(lambda: health()[-1].problems)
    assert health()[-1].status == "degraded"
    assert health()[-1].problems == ("no picture from the camera",)
    agent = health()[-1].agent
    scanned.stop()
    scanned.inbox["till-1"].clear()
    scanned.start()
    scanned.ask(Hello(till="till-1"))
    scanned.run(1.0)
    scanned.until(lambda: any(one.agent != agent for one in health()))


def raw(kind: str) -> bytes:
    return json.dumps({"id": "1", "source": "x", "type": kind, "time": "2026-01-01T00:00:00Z", "data": {}}).encode()


def test_a_till_that_has_gone_is_forgotten_until_it_speaks_again(scanned: Shop) -> None:
    scanned.run(9.0)
    assert scanned.server.tills == (b"till-1",)
    scanned.run(3.0)
    assert scanned.server.tills == ()
    scanned.ask(Hello(till="till-1"))
    assert scanned.server.tills == (b"till-1",)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"rubbish", "malformed"),
        (b"{}", "malformed"),
        (raw("lane.dance"), "unknown-type"),
        (raw("lane.hello"), "malformed"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_code(shop: Shop, message: bytes, code: str) -> None:
    shop.socket("till-1").send(message)
    errors = shop.until(lambda: [data for _, data in shop.inbox["till-1"] if isinstance(data, Error)])
    assert [error.code for error in errors] == [code]


def test_a_till_is_called_what_its_connection_is_called(shop: Shop) -> None:
    reply = shop.ask(Hello(till="till-2"), till="till-1")
    assert isinstance(reply, Error)
    assert "use one name" in reply.text


def test_a_till_without_a_proper_name_is_refused(shop: Shop) -> None:
    shop.send(Hello(till="x"), till="no good name")
    errors = shop.until(lambda: [data for _, data in shop.inbox["no good name"] if isinstance(data, Error)])
    assert "needs a name" in errors[0].text


def test_two_agents_do_not_share_a_state_folder(shop: Shop) -> None:
    settings = Settings(mode="on-sale", state_dir=shop.state_dir)
    identity = Clock()
    with pytest.raises(UsageError, match="give each lane its own state_dir"):
        TillDesk(settings, Lane(settings, 25, "m", identity), identity, EventLog(None), shop.server, 0.0)


def test_with_nowhere_to_keep_a_record_the_till_is_told_to_ask_and_why(tmp_path: Path, shop: Shop) -> None:
    shop.stop()
    (tmp_path / "file").touch()
    shop.state_dir = tmp_path / "file" / "state"
    shop.start()
    for message in (Hello(till="till-1"), OPEN, SCAN):
        assert isinstance(shop.ask(message), Ack)
    shop.run(1.0)
    [alert] = shop.until(shop.alerts)
    assert (alert.decision, alert.reasons) == ("UNKNOWN", ("not-recorded",))
    shop.run(1.0)
    health = shop.until(lambda: [data for _, data in shop.inbox["till-1"] if isinstance(data, Health)])
    assert "cannot open" in health[0].problems[0]
    # The disk is back: what happened meanwhile is recorded after all.
    (tmp_path / "file").unlink()
    shop.ask(CLOSE)
    shop.run(1.1)
    assert [record.sale_id for record in records(shop)] == ["sale-1"]
    assert shop.lane.recording


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> None:
    with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(1024))


def test_a_disk_that_fills_up_makes_the_answers_unknown_until_there_is_room(small_disk: Path, shop: Shop) -> None:
    shop.stop()
    shop.state_dir = small_disk
    shop.start()
    fill(small_disk)
    for message in (Hello(till="till-1"), OPEN, SCAN):
        assert isinstance(shop.ask(message), Ack)
    shop.run(1.0)
    [alert] = shop.until(shop.alerts)
    assert (alert.decision, alert.reasons) == ("UNKNOWN", ("not-recorded",))
    shop.confirm(alert)
    assert isinstance(shop.ask(CLOSE), Ack)
    assert not shop.lane.recording
    (small_disk / "ballast").unlink()
    shop.run(1.1)
    assert shop.lane.recording
    [record] = records(shop)
    assert (record.sale_id, record.alerts[0].expired) == ("sale-1", False)


def test_a_full_disk_at_any_step_of_a_sale_leaves_nothing_corrupt(small_disk: Path, shop: Shop) -> None:
    shop.stop()
    shop.state_dir = small_disk
    shop.start()
    shop.ask(Hello(till="till-1"))
    for full_before in range(6):
        name = f"sale-{full_before}"
        check = IdChecked(sale_id=name, outcome="passed")
        for step, message in enumerate((SaleOpened(sale_id=name), RestrictedItem(sale_id=name), check)):
            if step == full_before % 3:
                fill(small_disk)
            shop.ask(message)
            shop.run(1.0)
        (small_disk / "ballast").unlink()
        shop.ask(SaleClosed(sale_id=name))
        shop.run(1.1)
        assert len(records(shop)) == full_before + 1
    assert [record.check for record in records(shop)] == ["passed"] * 6
