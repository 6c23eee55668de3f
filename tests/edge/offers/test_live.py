"""Offers with real sockets, a real database and a running agent: alerts first, and a bad sheet stops nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timezone
from itertools import count
from pathlib import Path

import pytest

from edge.lane.desk import TillDesk
from edge.lane.events import EventLog
from edge.lane.lane import Lane
from edge.lane.publisher import Publisher
from edge.lane.rules import LaneRules
from edge.offers.load import read_book
from edge.offers.results import OfferRow
from edge.offers.signature import sign
from edge.records.database import Database
from edge.settings.config import Settings
from edge.settings.sections import TillSettings
from edge.till.envelope import Event, wrap
from edge.till.identity import LiveIdentity
from edge.till.messages import Ack, Data, Hello, Offer, OfferReply, RestrictedItem, SaleBasket, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till
from edge.till.server import TillServer
from tests.agents import StartAgent
from tests.edge.offers.conftest import KeyFiles, WriteSheet, line_of, rule_of, sheet_of
from tests.edge.people import LIMIT, Person, faces_of, frame_at

SALE = {"sale_id": "sale-1"}
BASKET = SaleBasket(**SALE, basket=(line_of("crackers"),))
_numbers = count(1)


PATIENCE_S = 60.0


class Counter:
    """A lane with its till desk, and a till on a real connection. The test runs the loop, and its clock."""

    def __init__(self, settings: Settings) -> None:
        self.server = TillServer(TillSettings(reliable="tcp://127.0.0.1:*", live="tcp://127.0.0.1:*"))
        self._now_s, identity = time.monotonic(), LiveIdentity()
        book = read_book(settings, identity.wall_time(self._now_s))
        self.lane = Lane(LaneRules(settings, {18: LIMIT}, "0123456789ab", book), identity)
        publisher = Publisher(settings, identity, EventLog(None), self.server)
        self.desk = TillDesk(settings, self.lane, identity, publisher, self.server, self._now_s)
        self.till = Till("till-1", self.server.addresses[0])
        self._frames = 0
        self._unanswered: list[Event] = []
        self._last: Event | None = None
        self._inbox: list[Data] = []

    def send(self, *messages: Data) -> None:
        """Send messages, which the next turn receives."""
        for message in messages:
            now = datetime.now(timezone.utc)
            self._last = wrap(message, id=f"message-{next(_numbers)}", source="/till/till-1", time=now)
            self.till.wait_for_connection(PATIENCE_S)
            assert self.till.send_event(self._last)
            self._unanswered.append(self._last)

    def turn(self, *people: Person) -> None:
        """One turn of the loop; with a frame, if there are people. It lasts until every message is answered."""
        if people:
            self._now_s += 0.04
            frame = frame_at(self._now_s, self._frames)
            self._frames += 1
            self.desk.deliver(self.lane.observe(faces_of(*people), frame, self._now_s), self._now_s)
        self.serve_until(lambda: not self._unanswered)

    def serve_until(self, condition: Callable[[], object]) -> None:
        """Handle messages until a condition holds; the lane's clock stands still."""
        end_s = time.monotonic() + PATIENCE_S
        while True:
            self.desk.serve(self._now_s)
            while message := self.till.receive(0.001):
                self._inbox.append(message)
                if isinstance(message, Ack):
                    self._unanswered = [event for event in self._unanswered if event.id != message.message_id]
            if condition():
                return
            assert time.monotonic() < end_s, self._inbox

    def received(self) -> list[Data]:
        """Messages that the till has received since the last call."""
        # The answer to a repeated message comes after everything that was sent before.
        if self._last:
            assert self.till.send_event(self._last)
            self._unanswered.append(self._last)
        self.turn()
        found, self._inbox = self._inbox, []
        return found

    def close(self) -> None:
        self.till.close()
        self.desk.close()
        self.server.close()


@pytest.fixture
def settings(tmp_path: Path, signed: WriteSheet, keys: KeyFiles) -> Settings:
    now = LiveIdentity().wall_time(time.monotonic())
    return Settings(
        mode="on-sale", state_dir=tmp_path / "state", insights={"enabled": True, "notice": "we count"},
        clock={"trusted": True},
        offers={"enabled": True, "sheet": signed(made_at=now), "key": keys.public, "held_out": 0.01},
    )  # fmt: skip


@pytest.fixture
def counter(settings: Settings) -> Iterator[Counter]:
    with closing(Counter(settings)) as counter:
        counter.send(Hello(till="till-1"), SaleOpened(**SALE))
        counter.turn()
        counter.received()
        yield counter


def types(messages: list[Data]) -> list[str]:
    return [data.type for data in messages if data.type in ("lane.alert", "lane.offer")]


def test_an_offer_is_sent_in_the_turn_that_receives_the_basket(counter: Counter) -> None:
    for _ in range(5):
        counter.turn(Person(age=50))
    counter.send(BASKET)
    counter.turn()
    assert types(counter.received()) == ["lane.offer"]


def test_an_alert_of_the_same_frame_is_sent_before_the_offer(counter: Counter) -> None:
    """Both follow from the same frame, with the customer's third sample."""
    for _ in range(2):
        counter.turn(Person(age=50))
    counter.send(RestrictedItem(**SALE), BASKET)
    counter.turn()
    assert types(counter.received()) == []
    counter.send(SaleBasket(**SALE, basket=(line_of("crackers"), line_of("dairy"))))
    counter.turn()
    counter.turn(Person(age=50))
    assert types(counter.received()) == ["lane.alert", "lane.offer"]


def test_an_offer_is_sent_once_and_only_to_its_till(counter: Counter) -> None:
    with closing(Till("till-2", counter.server.addresses[0])) as other:
        other.send(Hello(till="till-2"))
        counter.serve_until(lambda: b"till-2" in counter.server.tills)
        for _ in range(5):
            counter.turn(Person(age=50))
        counter.send(BASKET)
        for _ in range(5):
            counter.turn(Person(age=50))
        assert types(counter.received()) == ["lane.offer"]
        while (message := other.receive(0.2)) is not None:
            assert message.type != "lane.offer"


def test_the_result_of_an_offer_is_stored_when_its_sale_closes(counter: Counter, settings: Settings) -> None:
    for _ in range(5):
        counter.turn(Person(age=50))
    counter.send(BASKET)
    counter.turn()
    [offer] = (message for message in counter.received() if isinstance(message, Offer))
    reply = OfferReply(offer_id=offer.offer_id, outcome="refused")
    counter.send(SaleClosed(**SALE, basket=(line_of("crackers"),), offer=reply, cashier_id="anna"))
    counter.turn()
    with closing(Database(settings.state_dir, read_only=True)) as database:
        [(text,)] = database.rows("SELECT offer FROM offer")
        assert database.rows("SELECT count(*) FROM unfinished_sale") == [(0,)]
    row = OfferRow.model_validate_json(str(text))
    assert (row.outcome, row.bought, row.band) == ("refused", False, "45-59")
    assert not [word for word in ("sale-1", "till-1", "anna", offer.offer_id) if word in str(text)]
    assert +counter.desk.counts.offers == {"refused": 1}


@pytest.mark.slow
def test_a_reload_uses_a_new_sheet_and_a_bad_sheet_stops_nothing(
    start_agent: StartAgent, tmp_path: Path, keys: KeyFiles
) -> None:
    file = tmp_path / "offers.sheet"
    kept = ("--insights.enabled", "--insights.notice", "x", "--offers.enabled")
    agent = start_agent(
        *("--camera", "test:", "--mode", "on-sale", *kept, "--offers.sheet", file, "--offers.key", keys.public)
    )
    agent.wait_for_log("no offers: cannot read the sheet of offers")
    agent.wait_until_serving()
    good = sign(sheet_of(rule_of(), made_at=LiveIdentity().wall_time(time.monotonic())), keys.secret)
    file.write_bytes(good)
    agent.reload()
    agent.wait_for_log(" INFO 1 offer until")
    file.write_bytes(good.replace(b"cheese", b"chives"))
    agent.reload()
    agent.wait_for_log("was changed since: sign it again")
    agent.stop()
