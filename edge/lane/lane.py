"""One lane: joins the customer in the zone, the open sale and the decision policy. Pure: no socket, no clock."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from edge.decision.customer import CustomerZone
from edge.decision.policy import Reason, Verdict, decide
from edge.lane.outcomes import OutgoingMessage
from edge.lane.outgoing import build_state, looks_different
from edge.lane.sales import LaneSales

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from edge.decision.customer import Person
    from edge.frames import Frame
    from edge.lane.outcomes import Outcome
    from edge.lane.rules import LaneRules
    from edge.lane.sale import Sale
    from edge.records.records import SaleRecord
    from edge.till.identity import Identity
    from edge.till.messages import Data, State
    from edge.vision.faces import Faces

_STATE_EVERY_S = 1.0
"""An unchanged state is published this often."""

_CAMERA_LOST_S = 1.0
"""A frame older than this does not show who is in the zone now."""


class Lane:
    """Takes the faces of frames and the messages of tills; returns messages to send and closed sales to record."""

    def __init__(self, rules: LaneRules, identity: Identity) -> None:
        self._rules, self._identity = rules, identity
        self._zone = CustomerZone(rules.settings)
        self._sales = LaneSales(rules, identity)
        self._frame_s: float | None = None
        self._frame_number = -1
        self._state: State | None = None
        self._state_s = -_STATE_EVERY_S
        self._recording = True
        self._clock_believed = True
        self._legal_age = rules.legal_age

    def change(self, rules: LaneRules) -> None:
        """Use other rules from now on, and sample everybody in the zone anew. Call it only while no till has a sale
        open, because a sale is judged by one set of rules."""
        self._rules, self._legal_age = rules, rules.legal_age
        self._zone = CustomerZone(rules.settings)
        self._sales.change(rules)

    def set_recording(self, recording: bool) -> None:
        """Say whether sales can be written to disk. While they cannot, every verdict is UNKNOWN."""
        self._recording = recording

    def set_clock_believed(self, believed: bool) -> None:
        """Say whether the box's clock can be believed. While it cannot, no offers are made: they are valid until a
        date."""
        self._clock_believed = believed

    def add_restricted(self, names: Iterable[str]) -> None:
        """Add names of goods that tills have marked as restricted, so that they are never offered."""
        self._sales.add_restricted(names)

    @property
    def recording(self) -> bool:
        """Whether sales can be written to disk."""
        return self._recording

    @property
    def restricted(self) -> frozenset[str]:
        """Names of goods that tills have ever marked as restricted."""
        return self._sales.restricted

    @property
    def analysing(self) -> bool:
        """Whether ages should be estimated now: always in continuous mode, otherwise while a sale is open."""
        return self._sales.continuous or bool(self._sales.open)

    @property
    def name(self) -> str:
        """The lane's name."""
        return self._rules.settings.lane

    @property
    def open_sales(self) -> tuple[Sale, ...]:
        """The sales that tills have open."""
        return self._sales.of_tills

    @property
    def unfinished(self) -> tuple[SaleRecord, ...]:
        """The records of all tills' sales that are open or set aside: all of them that must survive a crash."""
        return self._sales.unfinished

    @property
    def listeners(self) -> tuple[str, ...]:
        """Names of the attendants and displays that have said hello."""
        return self._sales.listeners

    @property
    def people(self) -> dict[int, Person]:
        """People who were in the zone lately, by track."""
        return self._zone.people

    @property
    def state(self) -> State | None:
        """The last published state."""
        return self._state

    @property
    def legal_age(self) -> int:
        """The legal age that the last verdict is for: of the strictest item in the sale, or the lane's own."""
        return self._legal_age

    @property
    def challenge_age(self) -> int | None:
        """The challenge age of the last verdict's limit, in years; None when everybody is asked for ID."""
        limit = self._rules.limit_for(self._legal_age)
        return limit.challenge_age if limit else None

    @property
    def owes_answer(self) -> bool:
        """Whether a till has scanned a restricted item and has not been sent an answer yet."""
        return self._sales.owes_answer

    def fresh_copy(self) -> Lane:
        """A new on-sale lane with the same settings and no offers, for trying out a till."""
        settings = self._rules.settings.model_copy(update={"mode": "on-sale"})
        return Lane(replace(self._rules, settings=settings, offers=None), self._identity)

    def camera_lost(self, now_s: float) -> bool:
        """Whether the last frame is too old to show who is in the zone."""
        return self.frame_age_s(now_s) > _CAMERA_LOST_S

    def frame_age_s(self, now_s: float) -> float:
        """Age of the last frame; infinite before the first."""
        return math.inf if self._frame_s is None else now_s - self._frame_s

    def resume(self, records: Iterable[SaleRecord], closed: Iterable[SaleRecord], now_s: float) -> None:
        """Continue after a restart. records: the unfinished sales, closed: the last closed ones; both oldest first."""
        self._sales.resume(records, closed, now_s)

    def should_sample(self, faces: Faces, frame: Frame) -> NDArray[np.bool_]:
        """bool (N,): which tracked faces of a frame to sample now, see `CustomerZone.should_sample`."""
        return self._zone.should_sample(faces, frame.pixels.shape, frame.grab_s)

    def observe(self, faces: Faces, frame: Frame, now_s: float) -> list[Outcome]:
        """Handle the faces that the pipeline found in a frame. now_s: by the same clock as the frame's grab time."""
        self._zone.observe(faces, frame.pixels.shape, frame.grab_s)
        self._frame_s, self._frame_number = frame.grab_s, frame.sequence
        self._sales.follow(self._zone.customer, frame.grab_s)
        return self.tick(now_s)

    def receive(
        self, till: str, message_id: str, data: Data, now_s: float, *, said_at: datetime | None = None
    ) -> list[Outcome]:  # fmt: skip
        """Handle a till's message. The first outcome is the reply, if there is one. Handling the same message twice
        changes nothing more. said_at: the message's time by the till's clock."""
        handled = self._sales.receive(till, message_id, data, now_s, said_at=said_at)
        if handled.opened:
            # A new sale uses no sample of the sale before, not even of the same face.
            self._zone.forget_ages()
        return handled.outcomes + (self.tick(now_s) if handled.decide_now else [])

    def alert_expired(self, alert_id: str) -> None:
        """A till did not get this alert in time."""
        self._sales.alert_expired(alert_id)

    def tick(self, now_s: float) -> list[Outcome]:
        """Handle passing time: send what is due without a new frame, and end sales whose till is silent."""
        outcomes = self._sales.end_silent(now_s)
        customer, verdict = self._zone.customer, None
        for sale in self._sales.open:
            verdict = self._verdict(sale, now_s)
            if customer and verdict.age:
                self._sales.note_age(sale.till, customer.age)
            outcomes += self._sales.answer(sale.till, verdict, now_s, self._frame_s)
            if customer and self._clock_believed:
                outcomes += self._sales.offer(sale.till, verdict, customer.age, now_s)
        return outcomes + self._publish_state(verdict or self._verdict(None, now_s), customer, now_s)

    def _verdict(self, sale: Sale | None, now_s: float) -> Verdict:
        """The verdict on the customer of a sale. sale: None without one."""
        customer = self._zone.customer
        legal_age = (sale.record.minimum_age if sale else None) or self._rules.legal_age
        self._legal_age, limit = legal_age, self._rules.limit_for(legal_age)
        doubts = self._doubts(sale, customer, now_s) or self._zone.doubts(now_s, limit, legal_age)
        return decide(customer.age if customer else None, doubts, limit, legal_age, self._rules.settings.policy)

    def _doubts(self, sale: Sale | None, customer: Person | None, now_s: float) -> tuple[Reason, ...]:
        """Reasons not to trust any age now, except those that the zone has; empty when there are none."""
        if not self._recording:
            return (Reason.NOT_RECORDED,)
        if self.camera_lost(now_s):
            return (Reason.CAMERA_LOST,)
        if sale and sale.restarted:
            return (Reason.RESTARTED,)
        if sale and self._sales.has_rivals(sale, now_s):
            return (Reason.SEVERAL_SALES,)
        if sale and sale.customer is not None and customer is None:
            return (Reason.CUSTOMER_LEFT,)
        if sale and sale.customer is not None and customer and customer.track_id != sale.customer:
            return (Reason.CUSTOMER_CHANGED,)
        return ()

    def _publish_state(self, verdict: Verdict, customer: Person | None, now_s: float) -> list[Outcome]:
        """The lane's state, when screens should redraw or the last one is a second old."""
        state = build_state(
            self._rules.settings.lane,
            self._frame_number,
            self._zone.count_present(now_s),
            customer.track_id if customer else None,
            verdict,
            analysing=self.analysing,
        )
        if not looks_different(state, self._state) and now_s - self._state_s < _STATE_EVERY_S:
            return []
        self._state, self._state_s = state, now_s
        return [OutgoingMessage(state)]
