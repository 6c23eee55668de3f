"""Drives a lane as its loop does, at times that the test sets."""

from __future__ import annotations

from itertools import count

from edge.lane.lane import Lane
from edge.lane.outcomes import Closed, Outcome, OutgoingMessage
from edge.lane.rules import LaneRules
from edge.offers.book import OfferBook
from edge.records.records import SaleRecord
from edge.till.identity import ReplayIdentity
from edge.till.messages import Ack, Alert, Data, Offer, State
from tests.edge.people import LIMIT, Person, faces_of, frame_at, settings_with


class LaneDriver:
    """Drives a lane as the agent does, with frames a tenth of a second apart and messages of tills, and collects what
    it sends and closes. sent: messages other than replies, in order."""

    _message_ids = count(1)

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.now_s, self._frames = 0.0, 0
        self.sent: list[Data] = []
        self.closed: list[Closed] = []

    def show(self, *people: Person, frames: int = 1) -> None:
        """Frames with these people come."""
        for _ in range(frames):
            self.now_s = round(self.now_s + 0.1, 6)
            frame = frame_at(self.now_s, self._frames)
            self._frames += 1
            self._collect(self.lane.observe(faces_of(*people), frame, self.now_s))

    def wait(self, seconds: float) -> None:
        """Time passes without frames."""
        until_s = round(self.now_s + seconds, 6)
        while self.now_s < until_s:
            self.now_s = round(min(self.now_s + 0.05, until_s), 6)
            self._collect(self.lane.tick(self.now_s))

    def receive(self, message: Data, till: str = "till-1", message_id: str | None = None) -> Data:
        """The till sends a message; returns the reply. message_id: None for a new one."""
        message_id = message_id or f"message-{next(self._message_ids)}"
        reply, *outcomes = self.lane.receive(till, message_id, message, self.now_s)
        assert isinstance(reply, OutgoingMessage)
        assert reply.is_reply
        assert not any(outcome.is_reply for outcome in outcomes if isinstance(outcome, OutgoingMessage))
        self._collect(outcomes)
        return reply.data

    def confirm(self, alert: Alert, till: str = "till-1") -> None:
        """The till confirms an alert."""
        ack = Ack(message_id="any", alert_id=alert.alert_id)
        assert self.lane.receive(till, "confirmation", ack, self.now_s) == []

    @property
    def open_record(self) -> SaleRecord:
        """The record of the only open sale."""
        [sale] = self.lane.open_sales
        return sale.record

    @property
    def alerts(self) -> list[Alert]:
        return [message for message in self.sent if isinstance(message, Alert)]

    @property
    def offers(self) -> list[Offer]:
        return [message for message in self.sent if isinstance(message, Offer)]

    @property
    def states(self) -> list[State]:
        return [message for message in self.sent if isinstance(message, State)]

    @property
    def records(self) -> list[SaleRecord]:
        return [sale.record for sale in self.closed]

    @property
    def decisions(self) -> list[str]:
        return [alert.decision.value for alert in self.alerts]

    def _collect(self, outcomes: list[Outcome]) -> None:
        self.sent += [outcome.data for outcome in outcomes if isinstance(outcome, OutgoingMessage)]
        self.closed += [outcome for outcome in outcomes if isinstance(outcome, Closed)]


def make_lane(book: OfferBook | None = None, **settings: object) -> Lane:
    """A lane with challenge age 25 for legal age 18 alone, numbered ids and times from 2000-01-01. book: its offers."""
    return Lane(LaneRules(settings_with(**settings), {18: LIMIT}, "0123456789ab", book), ReplayIdentity())


def drive(book: OfferBook | None = None, **settings: object) -> LaneDriver:
    """A driver of a lane with the given settings. book: the lane's offers."""
    return LaneDriver(make_lane(book, **settings))
