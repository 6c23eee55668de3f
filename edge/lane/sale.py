"""A sale as a value: what happened in it so far, and what may happen next. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.decision.policy import Decision, Verdict, may_replace

if TYPE_CHECKING:
    from datetime import datetime

    from edge.decision.fusion import TrackAge
    from edge.offers.book import Offered
    from edge.records.records import AlertRecord, Ended, SaleRecord
    from edge.till.messages import BasketLine, CheckOutcome

OFFER_WITHIN_S = 0.2
"""An offer comes so soon after the line that it follows from, or not because of that one."""


@dataclass(frozen=True, slots=True)
class Sale:
    """An open sale. Times ending in _s are seconds of the frames' clock.

    record: what will be kept of it. heard_s: when the till last spoke of it. customer: the track that stood there when
    evidence was first taken. restricted_s: when something restricted was scanned, None before. told: the last verdict
    the till was told, None before. missed: it came too late and was shown to nobody. standing: a CHALLENGE that was
    missed; it is told again. resumed: the agent was started anew since the sale began, and cannot know whether the same
    person still stands there. age: the customer's, as it was when nothing spoke against it last. basket: what the till
    said last is in it. basket_s: when it said so, None before. offered: the one offer that was made or held out.
    """

    record: SaleRecord
    heard_s: float
    customer: int | None = None
    restricted_s: float | None = None
    told: Verdict | None = None
    missed: bool = False
    standing: Verdict | None = None
    resumed: bool = False
    age: TrackAge | None = None
    basket: tuple[BasketLine, ...] = ()
    basket_s: float | None = None
    offered: Offered | None = None

    @property
    def sale_id(self) -> str:
        return self.record.sale_id

    def with_customer(self, customer: int | None) -> Sale:
        """Note who stands there; the first one seen in a sale stays its customer."""
        return self if self.customer is not None else replace(self, customer=customer)

    def known(self, age: TrackAge) -> Sale:
        """Note the customer's age, while it can be trusted."""
        return replace(self, age=age)

    def filled(self, basket: tuple[BasketLine, ...], now_s: float) -> Sale:
        """The till says what is in the basket so far. Nothing new in it is no reason for an offer."""
        return self if basket == self.basket else replace(self, basket=basket, basket_s=now_s)

    def may_be_offered(self, found: Verdict, now_s: float) -> bool:
        """Whether it is time for an offer: a line has just come, none was made yet, the customer's age is known, and
        nobody has to see to an ID now."""
        if self.offered or self.basket_s is None or now_s - self.basket_s > OFFER_WITHIN_S or found.age is None:
            return False
        if self.restricted_s is None:
            return True
        if self.record.check is not None:
            return self.record.check == "passed"
        return self.told is not None and not self.missed and self.told.decision is Decision.NO_CHALLENGE

    def with_offer(self, offered: Offered) -> Sale:
        """The one offer of the sale."""
        return replace(self, offered=offered)

    def sold(self, ended: Ended, basket: tuple[BasketLine, ...] | None) -> tuple[BasketLine, ...] | None:
        """What went over the counter; None when nobody knows. basket: as the till says at the end, which may be
        nothing."""
        return basket or (self.basket if ended == "completed" else ()) or None

    def heard(self, now_s: float) -> Sale:
        """The till spoke of it. An answer that it had missed is owed again."""
        if not self.missed:
            return replace(self, heard_s=now_s)
        standing = self.told if self.told and self.told.decision is Decision.CHALLENGE else None
        return replace(self, heard_s=now_s, missed=False, told=None, standing=standing)

    def scanned(self, now_s: float, at: datetime) -> Sale:
        """Something restricted was scanned; only the first time counts."""
        if self.restricted_s is not None:
            return self
        return replace(self, restricted_s=now_s, record=self.record.model_copy(update={"restricted_at": at}))

    def due(self, found: Verdict, now_s: float, answer_within_s: float) -> Verdict | None:
        """What the till must be told now, if anything, when this verdict was found.

        Before the first answer an UNKNOWN waits for better looks until the time is up. Later answers must be ones that
        may replace what was told, and only a look that is new replaces an UNKNOWN. Nothing more is told to a till that
        missed the last answer, until it speaks.
        """
        if self.restricted_s is None or self.missed:
            return None
        if self.told is None:
            if self.standing:
                return self.standing
            time_is_up = now_s - self.restricted_s >= answer_within_s
            return found if time_is_up or found.decision is not Decision.UNKNOWN else None
        if self.told.decision is Decision.UNKNOWN and found.looks <= self.told.looks:
            return None
        return found if may_replace(self.told.decision, found.decision) else None

    def answered(self, verdict: Verdict, alert: AlertRecord) -> Sale:
        """The till is told this, in this alert."""
        record = self.record.model_copy(update={"alerts": (*self.record.alerts, alert)})
        return replace(self, told=verdict, standing=None, record=record)

    def received(self, alert_id: str, at: datetime) -> Sale:
        """The till has one of its alerts."""
        return replace(self, record=self.record.with_delivery(alert_id, received_at=at))

    def expired(self, alert_id: str) -> Sale:
        """One of its alerts came too late."""
        last = bool(self.record.alerts) and self.record.alerts[-1].alert_id == alert_id
        return replace(self, missed=self.missed or last, record=self.record.with_delivery(alert_id, expired=True))

    def checked(self, outcome: CheckOutcome, cashier_id: str | None, at: datetime) -> Sale:
        """The cashier says what asking for ID gave; the last word counts."""
        found = {"check": outcome, "checked_at": at, "cashier_id": cashier_id or self.record.cashier_id}
        return replace(self, record=self.record.model_copy(update=found))

    def closed(self, ended: Ended, cashier_id: str | None, at: datetime) -> SaleRecord:
        """What is kept of it. An alert that the till has not confirmed by now is shown to nobody any more."""
        record = self.record
        for alert in record.alerts:
            if alert.received_at is None:
                record = record.with_delivery(alert.alert_id, expired=True)
        found = {"ended": ended, "closed_at": at, "cashier_id": cashier_id or record.cashier_id}
        return record.model_copy(update=found)


def resume(record: SaleRecord, now_s: float) -> Sale:
    """A sale that was open when the agent stopped. What was told stands as far as it may; none of the evidence does."""
    last = record.alerts[-1] if record.alerts else None
    return Sale(
        record=record,
        heard_s=now_s,
        restricted_s=now_s if record.restricted_at else None,
        told=Verdict(last.decision, last.reasons, None, last.samples) if last else None,
        missed=bool(last and last.expired),
        resumed=True,
    )
