"""A sale as a value: what has happened in it, and what may happen next. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.decision.policy import Decision, Verdict, may_replace

if TYPE_CHECKING:
    from datetime import datetime

    from edge.decision.fusion import TrackAge
    from edge.offers.book import Offered
    from edge.records.records import AlertRecord, CheckRecord, Ended, SaleRecord
    from edge.till.messages import BasketLine

OFFER_WITHIN_S = 0.2
"""An offer is made within this time after the basket line that led to it, or not at all."""


@dataclass(frozen=True, slots=True)
class Sale:
    """An open sale. Times ending in _s are seconds of the frames' clock.

    record: what will be recorded of it.
    last_message_s: when its till last sent a message.
    customer: the track that was the customer when the first sample was taken.
    restricted_s: when something restricted was first scanned, None before.
    answer: the last verdict sent to the till, None before the first.
    missed: the till did not get that answer in time.
    resend: a CHALLENGE that was missed and must be sent again.
    resumed: the agent was restarted during the sale, so the customer may be another person.
    age: the customer's age when it was last free of doubt.
    basket, basket_s: the basket that the till last sent, and when; None before the first.
    offered: the one offer that was made or held out.
    """

    record: SaleRecord
    last_message_s: float
    customer: int | None = None
    restricted_s: float | None = None
    answer: Verdict | None = None
    missed: bool = False
    resend: Verdict | None = None
    resumed: bool = False
    age: TrackAge | None = None
    basket: tuple[BasketLine, ...] = ()
    basket_s: float | None = None
    offered: Offered | None = None

    @property
    def sale_id(self) -> str:
        return self.record.sale_id

    def with_customer(self, customer: int | None) -> Sale:
        """Set the customer's track; the first one stays."""
        return self if self.customer is not None else replace(self, customer=customer)

    def with_age(self, age: TrackAge) -> Sale:
        """Set the customer's age."""
        return replace(self, age=age)

    def with_basket(self, basket: tuple[BasketLine, ...], now_s: float) -> Sale:
        """Set the basket so far. An unchanged basket starts no new offer."""
        return self if basket == self.basket else replace(self, basket=basket, basket_s=now_s)

    def may_offer(self, verdict: Verdict, now_s: float) -> bool:
        """Whether an offer may be made now: a basket line has just arrived, no offer was made yet, the customer's age
        is known, and the cashier has no ID to check."""
        if self.offered or self.basket_s is None or now_s - self.basket_s > OFFER_WITHIN_S or verdict.age is None:
            return False
        if self.restricted_s is None:
            return True
        if self.record.check is not None:
            return self.record.check == "passed"
        return self.answer is not None and not self.missed and self.answer.decision is Decision.NO_CHALLENGE

    def with_offer(self, offered: Offered) -> Sale:
        """Set the one offer of the sale."""
        return replace(self, offered=offered)

    def sold(self, ended: Ended, basket: tuple[BasketLine, ...] | None) -> tuple[BasketLine, ...] | None:
        """The basket that was sold; None when unknown. basket: as sent with the end of the sale, may be empty."""
        return basket or (self.basket if ended == "completed" else ()) or None

    def message_received(self, now_s: float) -> Sale:
        """The till sent a message about this sale. If it missed the last answer, it is owed a new one."""
        if not self.missed:
            return replace(self, last_message_s=now_s)
        resend = self.answer if self.answer and self.answer.decision is Decision.CHALLENGE else None
        return replace(self, last_message_s=now_s, missed=False, answer=None, resend=resend)

    def scanned(self, now_s: float, at: datetime) -> Sale:
        """Something restricted was scanned; only the first scan counts."""
        if self.restricted_s is not None:
            return self
        return replace(self, restricted_s=now_s, record=self.record.model_copy(update={"restricted_at": at}))

    def next_answer(self, verdict: Verdict, now_s: float, answer_within_s: float) -> Verdict | None:
        """The verdict to send to the till now, if any. verdict: the current one.

        The first answer waits while it would be UNKNOWN, for better samples, up to `answer_within_s` after the scan.
        A later answer must be allowed to replace the last one, and an UNKNOWN is replaced only after a new sample.
        A till that missed the last answer gets no other until it sends a message.
        """
        if self.restricted_s is None or self.missed:
            return None
        if self.answer is None:
            if self.resend:
                return self.resend
            time_is_up = now_s - self.restricted_s >= answer_within_s
            return verdict if time_is_up or verdict.decision is not Decision.UNKNOWN else None
        if self.answer.decision is Decision.UNKNOWN and verdict.samples <= self.answer.samples:
            return None
        return verdict if may_replace(self.answer.decision, verdict.decision) else None

    def with_answer(self, verdict: Verdict, alert: AlertRecord) -> Sale:
        """This verdict was sent to the till, in this alert."""
        record = self.record.model_copy(update={"alerts": (*self.record.alerts, alert)})
        return replace(self, answer=verdict, resend=None, record=record)

    def alert_received(self, alert_id: str, at: datetime) -> Sale:
        """The till has confirmed an alert."""
        return replace(self, record=self.record.with_delivery(alert_id, received_at=at))

    def alert_expired(self, alert_id: str) -> Sale:
        """The till did not get an alert in time."""
        last = bool(self.record.alerts) and self.record.alerts[-1].alert_id == alert_id
        return replace(self, missed=self.missed or last, record=self.record.with_delivery(alert_id, expired=True))

    def checked(self, check: CheckRecord) -> Sale:
        """The cashier reported the result of asking for ID; the last report counts."""
        return replace(self, record=self.record.model_copy(update={"checks": (*self.record.checks, check)}))

    def closed(self, ended: Ended, cashier_id: str | None, at: datetime) -> SaleRecord:
        """The final record. Alerts that the till has not confirmed by now are marked expired."""
        record = self.record
        for alert in record.alerts:
            if alert.received_at is None:
                record = record.with_delivery(alert.alert_id, expired=True)
        end = {"ended": ended, "closed_at": at, "closed_by": cashier_id}
        return record.model_copy(update=end)


def resume(record: SaleRecord, now_s: float) -> Sale:
    """A sale that was open when the agent stopped. The last answer is kept; samples and the customer are not."""
    last = record.alerts[-1] if record.alerts else None
    return Sale(
        record=record,
        last_message_s=now_s,
        restricted_s=now_s if record.restricted_at else None,
        answer=Verdict(last.decision, last.reasons, None, last.samples) if last else None,
        missed=bool(last and last.expired),
        resumed=True,
    )
