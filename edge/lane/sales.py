"""The sale protocol of one lane: which sale is open, and what each message of a till does to it. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.lane.outcomes import NO_TILL, Closed, OutgoingMessage
from edge.lane.outgoing import ack_reply, alert_record, build_alert, error_reply
from edge.lane.sale import Sale, resume
from edge.purchases.goods import restricted_names
from edge.records.records import CheckRecord, SaleRecord
from edge.till.messages import Ack, Hello, IdChecked, RestrictedItem, SaleBasket, SaleClosed, SaleOpened

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from edge.decision.customer import Person
    from edge.decision.fusion import TrackAge
    from edge.decision.policy import Verdict
    from edge.lane.outcomes import Outcome
    from edge.lane.rules import LaneRules
    from edge.records.records import Ended
    from edge.till.identity import Identity
    from edge.till.messages import BasketLine, Data, OfferReply

SALE_SILENT_S = 3600.0
"""A sale is abandoned when its till has sent nothing about it for this long."""

_REMEMBERED_SALES = 64
"""How many closed sales are remembered, so that a late repeat of an old message does not reopen one."""


@dataclass(frozen=True, slots=True)
class Handled:
    """The result of a till's message. outcomes: the reply first, if there is one. opened: whether a new sale began.
    decide_now: whether the lane should decide at once, instead of at the next frame or tick."""

    outcomes: list[Outcome]
    opened: bool = False
    decide_now: bool = False


class LaneSales:
    """At most one sale is open. Tills open sales; in mode continuous, and in mode auto until the first till, a customer
    who enters the zone does."""

    def __init__(self, rules: LaneRules, identity: Identity) -> None:
        self._identity = identity
        self._has_tills = False
        self._closed: deque[tuple[str, str]] = deque(maxlen=_REMEMBERED_SALES)
        self._restricted: set[str] = set()
        self.change(rules)

    def change(self, rules: LaneRules) -> None:
        """Use other rules from now on. A sale opened by the zone is dropped; no till may have a sale open."""
        self._rules = rules
        self._sale: Sale | None = None

    @property
    def continuous(self) -> bool:
        """Whether customers in the zone open the sales."""
        mode = self._rules.settings.mode
        return mode == "continuous" or (mode == "auto" and not self._has_tills)

    @property
    def sale(self) -> Sale | None:
        """The open sale."""
        return self._sale

    @property
    def open_record(self) -> SaleRecord | None:
        """The record of the sale that a till has open: all of it that must survive a crash."""
        return self._sale.record if self._sale and self._sale.record.till != NO_TILL else None

    @property
    def owes_answer(self) -> bool:
        """Whether a till has scanned a restricted item and has not been sent an answer yet."""
        sale = self._sale if self.open_record else None
        return bool(sale and sale.restricted_s is not None and sale.answer is None and not sale.missed)

    @property
    def restricted(self) -> frozenset[str]:
        """Names of goods that tills have ever marked as restricted."""
        return frozenset(self._restricted)

    def add_restricted(self, names: Iterable[str]) -> None:
        """Add names of goods that tills have marked as restricted."""
        self._restricted.update(names)

    def resume(self, record: SaleRecord | None, closed: Iterable[SaleRecord], now_s: float) -> None:
        """Continue after a restart. record: the sale that was open. closed: the last closed sales, oldest first."""
        self._closed.extend((sale.till, sale.sale_id) for sale in closed if sale.ended != "abandoned")
        if record:
            self._till_connected()
            self._sale = resume(record, now_s)

    def receive(self, till: str, message_id: str, data: Data, now_s: float) -> Handled:
        """Handle a till's message. Handling the same message twice changes nothing more."""
        ack = ack_reply(message_id)
        if isinstance(data, Ack):
            if self._sale and data.alert_id and self._sale.record.till == till:
                self._sale = self._sale.alert_received(data.alert_id, self._identity.wall_time(now_s))
            return Handled([])
        if isinstance(data, Hello):
            self._till_connected()
            if self._sale and self._sale.record.till == till:
                self._sale = self._sale.message_received(now_s)
            return Handled([ack], decide_now=True)
        if isinstance(data, SaleOpened):
            return self._open(till, message_id, data.sale_id, now_s)
        if not isinstance(data, RestrictedItem | SaleBasket | IdChecked | SaleClosed):
            return Handled([error_reply(message_id, "not-for-agent", f"{data.type} is not a message for the agent")])
        if self._sale is None or not self._is_open(till, data.sale_id):
            # The till repeats this when our reply was lost.
            if isinstance(data, SaleClosed):
                return Handled([ack])
            text = f"sale {data.sale_id} is not open: send lane.sale.opened first"
            return Handled([error_reply(message_id, "no-such-sale", text, data.sale_id)])
        self._sale = self._sale.message_received(now_s)
        if isinstance(data, SaleClosed):
            self._add_restricted_lines(data.basket)
            ended: Ended = "completed" if data.completed else "cancelled"
            return Handled([ack, *self._close(ended, data.cashier_id, now_s, data.basket, data.offer)])
        at = self._identity.wall_time(now_s)
        if isinstance(data, IdChecked):
            self._sale = self._sale.checked(_check_record(data, till, at))
        elif isinstance(data, SaleBasket):
            self._add_restricted_lines(data.basket)
            self._sale = self._sale.with_basket(data.basket, now_s)
        else:
            self.add_restricted([data.sku] if data.sku else [])
            self._sale = self._sale.scanned(now_s, at)
        return Handled([ack], decide_now=True)

    def follow(self, customer: Person | None, now_s: float) -> None:
        """Update the sale for the customer now in the zone. Without tills, each customer is a new sale in which
        something restricted is taken to be bought."""
        if not self.continuous:
            if self._sale and customer and customer.age.samples:
                self._sale = self._sale.with_customer(customer.track_id)
            return
        track_id = customer.track_id if customer else None
        if self._sale and self._sale.customer != track_id:
            self._sale = None
        if track_id is not None and self._sale is None:
            sale = self._new_sale(self._identity.new_id(), NO_TILL, now_s).with_customer(track_id)
            self._sale = sale.scanned(now_s, sale.record.opened_at)

    def abandon_silent(self, now_s: float) -> list[Outcome]:
        """Close the sale if its till has been silent for too long."""
        if self.open_record and self._sale and now_s - self._sale.last_message_s > SALE_SILENT_S:
            return self._close("abandoned", None, now_s)
        return []

    def answer(self, verdict: Verdict, now_s: float, frame_s: float | None) -> list[Outcome]:
        """The alert that the till should get now, if any. frame_s: grab time of the last frame."""
        sale = self._sale
        if not sale:
            return []
        answer = sale.next_answer(verdict, now_s, self._rules.settings.policy.answer_within_s)
        if not answer:
            return []
        alert = build_alert(self._rules, self._identity, sale, answer, now_s, frame_s)
        self._sale = sale.with_answer(answer, alert_record(alert))
        return [OutgoingMessage(alert)]

    def note_age(self, age: TrackAge) -> None:
        """Keep the customer's age, while there is no doubt whose it is."""
        if self._sale:
            self._sale = self._sale.with_age(age)

    def offer(self, verdict: Verdict, age: TrackAge, now_s: float) -> list[Outcome]:
        """The offer that the till should get now, if any. A held-out offer is noted in the sale, but not sent."""
        book, sale = self._rules.offers, self._sale
        if not book or not sale or not sale.may_offer(verdict, now_s):
            return []
        at = self._identity.wall_time(now_s)
        if not (rule := book.matching_rule(sale.basket, age, at, self._restricted)):
            return []
        offered = book.make_offer(rule, sale.sale_id, self._identity.new_id())
        self._sale = sale.with_offer(offered)
        if offered.held_out:
            return []
        return [OutgoingMessage(offered.message(sale.sale_id, self._rules.settings.lane, at))]

    def alert_expired(self, alert_id: str) -> None:
        """The till did not get this alert in time."""
        if self._sale:
            self._sale = self._sale.alert_expired(alert_id)

    def _is_open(self, till: str, sale_id: str) -> bool:
        return self._sale is not None and (self._sale.record.till, self._sale.sale_id) == (till, sale_id)

    def _till_connected(self) -> None:
        """In mode auto, the first till ends the sales of the zone."""
        if self._rules.settings.mode == "auto" and self.continuous:
            self._sale = None
        self._has_tills = True

    def _open(self, till: str, message_id: str, sale_id: str, now_s: float) -> Handled:
        # A till whose connection was restored sends no second hello.
        self._till_connected()
        if self.continuous:
            text = "this lane runs in mode continuous, where the agent itself opens the sales"
            return Handled([error_reply(message_id, "wrong-mode", text, sale_id)])
        # A till repeats this when our reply was lost. What was scanned since must stay.
        if self._sale and self._is_open(till, sale_id):
            self._sale = self._sale.message_received(now_s)
            return Handled([ack_reply(message_id)], decide_now=True)
        if (till, sale_id) in self._closed:
            text = f"sale {sale_id} is over: give a new sale a new id"
            return Handled([error_reply(message_id, "no-such-sale", text, sale_id)])
        abandoned = self._close("abandoned", None, now_s)
        self._sale = self._new_sale(sale_id, till, now_s)
        return Handled([ack_reply(message_id), *abandoned], opened=True)

    def _new_sale(self, sale_id: str, till: str, now_s: float) -> Sale:
        record = SaleRecord(
            sale_id=sale_id,
            lane=self._rules.settings.lane,
            till=till,
            opened_at=self._identity.wall_time(now_s),
            model=self._rules.model_hash,
            config=self._rules.settings.hash,
        )
        return Sale(record, now_s)

    def _close(
        self, ended: Ended, cashier_id: str | None, now_s: float, basket: tuple[BasketLine, ...] | None = None,
        reply: OfferReply | None = None,
    ) -> list[Outcome]:  # fmt: skip
        sale, self._sale = self._sale, None
        if not sale:
            return []
        if ended != "abandoned":
            self._closed.append((sale.record.till, sale.sale_id))
        result = None
        if (book := self._rules.offers) and sale.offered:
            result = book.resolve(sale.offered, reply, sale.sold(ended, basket))
        return [Closed(sale.closed(ended, cashier_id, self._identity.wall_time(now_s)), basket, sale.age, result)]

    def _add_restricted_lines(self, basket: Iterable[BasketLine]) -> None:
        book = self._rules.offers
        self.add_restricted(restricted_names(basket, book.catalogue if book else {}))


def _check_record(data: IdChecked, till: str, at: datetime) -> CheckRecord:
    return CheckRecord(
        outcome=data.outcome,
        at=at,
        till=till,
        cashier_id=data.cashier_id,
        means=data.means,
        authorised_by=data.authorised_by,
        minimum_age=data.minimum_age,
    )
