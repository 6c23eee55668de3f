"""A sale as a value: what has happened in it, and what may happen next. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.decision.policy import Decision, Verdict, may_replace
from edge.lane.restricted import minimum_age_of, without
from edge.records.records import SaleRecord

if TYPE_CHECKING:
    from datetime import datetime

    from edge.decision.fusion import TrackAge
    from edge.lane.rules import LaneRules
    from edge.offers.book import Offered
    from edge.records.records import AlertRecord, CheckRecord, Ended, Waiting
    from edge.till.messages import AgeRestrictedItem, BasketLine

OFFER_WITHIN_S = 0.2
"""An offer is made within this time after the basket line that led to it, or not at all."""

_MOST_ITEM_MESSAGES = 500
"""A till resends only its last messages."""


@dataclass(frozen=True, slots=True)
class Sale:
    """An open sale, or one that waits to be resumed. Times ending in _s are seconds of the frames' clock.

    record: what will be recorded of it.
    last_message_s: when its till last sent a message about it.
    customer: the track that was the customer when the first sample was taken.
    restricted_s: when the current question began: the first restricted scan, or a change of the strictest minimum age.
        None while nothing restricted is in the sale.
    answer: the last verdict sent to the till for this question, None before the first. answer_age: the legal age that
        the last verdict of any question was for.
    missed: the till did not get that answer in time.
    resend: a CHALLENGE that must be sent again.
    restarted: the agent was restarted during the sale, so the customer may be another person.
    age: the customer's age when it was last free of doubt.
    scanned_skus: skus of all restricted items that were scanned.
    basket, basket_s: the basket that the till last sent, and when; None before the first. basket_current: whether no
        restricted item was scanned or removed since.
    offered: the one offer that was made or held out.
    """

    record: SaleRecord
    last_message_s: float
    customer: int | None = None
    restricted_s: float | None = None
    answer: Verdict | None = None
    answer_age: int = 0
    missed: bool = False
    resend: Verdict | None = None
    restarted: bool = False
    age: TrackAge | None = None
    scanned_skus: frozenset[str] = frozenset()
    basket: tuple[BasketLine, ...] = ()
    basket_s: float | None = None
    basket_current: bool = False
    offered: Offered | None = None

    @property
    def sale_id(self) -> str:
        return self.record.sale_id

    @property
    def till(self) -> str:
        return self.record.till

    @property
    def prompts(self) -> bool:
        """Whether an alert is in effect: it was sent, something restricted is in the sale, and no check has passed."""
        return self.restricted_s is not None and self.answer is not None and self.record.check != "passed"

    def with_customer(self, customer: int | None) -> Sale:
        """Set the customer's track; the first one stays."""
        return self if self.customer is not None else replace(self, customer=customer)

    def with_age(self, age: TrackAge) -> Sale:
        """Set the customer's age."""
        return replace(self, age=age)

    def with_basket(self, basket: tuple[BasketLine, ...], now_s: float) -> Sale:
        """Set the basket so far. An unchanged basket starts no new offer."""
        basket_s = self.basket_s if basket == self.basket else now_s
        return replace(self, basket=basket, basket_s=basket_s, basket_current=True)

    def may_offer(self, verdict: Verdict, now_s: float) -> bool:
        """Whether an offer may be made now: a basket line has just arrived, no offer was made yet, the customer's age
        is known and free of doubt, the cashier has no ID to check, and the sale is no exercise."""
        if self.offered or self.basket_s is None or now_s - self.basket_s > OFFER_WITHIN_S or verdict.age is None:
            return False
        if self.record.training or verdict.decision is Decision.UNKNOWN:
            return False
        if self.restricted_s is None:
            return True
        if self.record.check is not None:
            return self.record.check == "passed"
        return self.answer is not None and not self.missed and self.answer.decision is Decision.NO_CHALLENGE

    def with_offer(self, offered: Offered) -> Sale:
        """Set the one offer of the sale."""
        return replace(self, offered=offered)

    def message_received(self, now_s: float) -> Sale:
        """The till sent a message about this sale. If it missed the last answer, it is owed a new one."""
        if not self.missed:
            return replace(self, last_message_s=now_s)
        resend = self.answer if self.answer and self.answer.decision is Decision.CHALLENGE else None
        return replace(self, last_message_s=now_s, missed=False, answer=None, resend=resend)

    def scanned(self, item: AgeRestrictedItem, now_s: float, at: datetime) -> Sale:
        """A restricted item was scanned. item: with its minimum age. Only the first item, and one with a higher minimum
        age than all before, is a new question."""
        skus = self.scanned_skus | ({item.sku} if item.sku else set())
        first = {"restricted_at": self.record.restricted_at or at, "withdrawn_at": None}
        sale = replace(self, record=self.record.model_copy(update=first), scanned_skus=skus, basket_current=False)
        return sale._with_restricted((*self.record.restricted, item), now_s)

    def removed(
        self, sku: str | None, remaining: tuple[AgeRestrictedItem, ...] | None, now_s: float, at: datetime
    ) -> Sale:
        """A restricted item was removed. remaining: all that are left, with their minimum ages; None: remove one."""
        left = without(self.record.restricted, sku) if remaining is None else remaining
        sale = replace(self, basket_current=False)._with_restricted(left, now_s)
        if left or not self.record.restricted:
            return sale
        return replace(sale, record=sale.record.model_copy(update={"withdrawn_at": at}))

    def with_item_message(self, fingerprint: str) -> Sale:
        """A message about restricted items was handled, see `TillMessage.fingerprint`."""
        messages = (*self.record.item_messages, fingerprint)[-_MOST_ITEM_MESSAGES:]
        return replace(self, record=self.record.model_copy(update={"item_messages": messages}))

    def _with_restricted(self, items: tuple[AgeRestrictedItem, ...], now_s: float) -> Sale:
        """Set the restricted items. Another strictest minimum age is a new question. A CHALLENGE stays for the same or
        a higher age."""
        before, age = minimum_age_of(self.record.restricted), minimum_age_of(items)
        sale = replace(self, record=self.record.model_copy(update={"restricted": items}))
        if age == before:
            return sale
        if age is None:
            return replace(sale, restricted_s=None, missed=False, resend=None)
        challenged = self.resend or (
            self.answer if self.answer and self.answer.decision is Decision.CHALLENGE else None
        )
        # Its age estimate was for another legal age.
        resend = replace(challenged, age=None) if challenged and age >= self.answer_age else None
        return replace(sale, restricted_s=now_s, answer=None, missed=False, resend=resend)

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
        return replace(
            self, answer=verdict, answer_age=minimum_age_of(record.restricted) or 0, resend=None, record=record
        )

    def alert_received(self, alert_id: str, at: datetime) -> Sale:
        """The till has confirmed an alert."""
        return replace(self, record=self.record.with_delivery(alert_id, received_at=at))

    def alert_expired(self, alert_id: str) -> Sale:
        """The till did not get an alert in time."""
        last = bool(self.record.alerts) and self.record.alerts[-1].alert_id == alert_id
        return replace(self, missed=self.missed or last, record=self.record.with_delivery(alert_id, expired=True))

    def checked(self, check: CheckRecord) -> Sale:
        """The cashier reported the result of asking for ID; the last report counts."""
        if self.record.repeats_check(check):
            return self
        return replace(self, record=self.record.model_copy(update={"checks": (*self.record.checks, check)}))

    def set_aside(self, waiting: Waiting, now_s: float, at: datetime) -> Sale:
        """The sale waits to be resumed. Nothing more is sent about it."""
        record = self.record.without_pending_alerts()
        record = record.model_copy(update={"waiting": waiting, "suspended_at": at})
        return replace(
            self, record=record, last_message_s=now_s, restricted_s=None, answer=None, missed=False, resend=None
        )

    def resumed(self, sale_id: str, till: str, now_s: float) -> Sale:
        """The sale continues, maybe under another id or at another till. Nothing is kept about the customer: ages are
        estimated anew."""
        record = self.record.model_copy(update={"sale_id": sale_id, "till": till, "waiting": None})
        return replace(
            self, record=record, last_message_s=now_s, customer=None, age=None, restarted=False,
            restricted_s=now_s if record.restricted else None, answer=None, answer_age=0, missed=False, resend=None,
        )  # fmt: skip

    def closed(self, ended: Ended, closed_by: str | None, at: datetime) -> SaleRecord:
        """The final record. Alerts that the till has not confirmed by now are marked expired."""
        end = {"ended": ended, "closed_at": at, "closed_by": closed_by, "waiting": None, "item_messages": ()}
        return self.record.without_pending_alerts().model_copy(update=end)


def new_sale(rules: LaneRules, sale_id: str, till: str, now_s: float, at: datetime) -> Sale:
    """A sale that begins now."""
    record = SaleRecord(
        sale_id=sale_id,
        store=rules.settings.store,
        box=rules.settings.box,
        lane=rules.settings.lane,
        till=till,
        opened_at=at,
        model=rules.model_hash,
        config=rules.settings.hash,
    )
    return Sale(record, now_s)


def resume(record: SaleRecord, now_s: float) -> Sale:
    """A sale that was open when the agent stopped. The last answer is kept; samples and the customer are not."""
    last = record.alerts[-1] if record.alerts and record.restricted and not record.waiting else None
    return Sale(
        record=record,
        last_message_s=now_s,
        restricted_s=now_s if record.restricted and not record.waiting else None,
        answer=Verdict(last.decision, last.reasons, None, last.samples) if last else None,
        answer_age=(last.legal_age or 0) if last else 0,
        missed=bool(last and last.expired),
        restarted=True,
        scanned_skus=record.restricted_skus,
    )
