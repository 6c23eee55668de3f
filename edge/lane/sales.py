"""The sale protocol of one lane: what each message of a till does to its sales. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.lane.checks import note_check
from edge.lane.endings import close_sale, give_up
from edge.lane.known_sales import KnownSales
from edge.lane.openings import not_open, open_sale, suspend_sale
from edge.lane.outcomes import NO_TILL, OutgoingMessage
from edge.lane.outgoing import alert_record, build_alert, withdrawal
from edge.lane.sale import Sale, new_sale, resume
from edge.lane.till_message import Handled, TillMessage
from edge.lane.tills import Tills
from edge.purchases.goods import restricted_names
from edge.till.messages import (
    Ack,
    AgeRestrictedItem,
    Hello,
    IdChecked,
    ItemRemoved,
    RestrictedItem,
    SaleBasket,
    SaleClosed,
    SaleOpened,
    SaleSuspended,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from edge.decision.customer import Person
    from edge.decision.fusion import TrackAge
    from edge.decision.policy import Verdict
    from edge.lane.outcomes import Outcome
    from edge.lane.rules import LaneRules
    from edge.records.records import SaleRecord
    from edge.till.identity import Identity
    from edge.till.messages import Data


class LaneSales:
    """Every till has its own sale. In mode continuous, and in mode auto until the first till, a customer who enters the
    zone opens one."""

    def __init__(self, rules: LaneRules, identity: Identity) -> None:
        self._rules, self._identity = rules, identity
        self._tills = Tills()
        self._known = KnownSales()
        self._restricted: set[str] = set()

    def change(self, rules: LaneRules) -> None:
        """Use other rules from now on. A sale opened by the zone is dropped; no till may have a sale open."""
        self._rules = rules
        self._known.remove(NO_TILL)

    @property
    def continuous(self) -> bool:
        """Whether customers in the zone open the sales."""
        mode = self._rules.settings.mode
        return mode == "continuous" or (mode == "auto" and not self._tills.has_sold)

    @property
    def open(self) -> tuple[Sale, ...]:
        """All open sales."""
        return self._known.open

    @property
    def of_tills(self) -> tuple[Sale, ...]:
        """The sales that tills have open."""
        return self._known.of_tills

    @property
    def unfinished(self) -> tuple[SaleRecord, ...]:
        """The records of all tills' sales that are open or set aside: all of them that must survive a crash."""
        return self._known.unfinished

    @property
    def listeners(self) -> tuple[str, ...]:
        """Names of the attendants and displays."""
        return self._tills.listeners

    @property
    def owes_answer(self) -> bool:
        """Whether a till has scanned a restricted item and has not been sent an answer yet."""
        sales = self._known.of_tills
        return any(sale.restricted_s is not None and sale.answer is None and not sale.missed for sale in sales)

    @property
    def restricted(self) -> frozenset[str]:
        """Names of goods that tills have ever marked as restricted."""
        return frozenset(self._restricted)

    def add_restricted(self, names: Iterable[str]) -> None:
        """Add names of goods that tills have marked as restricted."""
        self._restricted.update(names)

    def has_rivals(self, sale: Sale, now_s: float) -> bool:
        """Whether another till, that was heard lately, has a sale open: the customer in the zone may be that till's."""
        return any(
            other.till != sale.till and self._tills.heard_lately(other.till, now_s) for other in self._known.of_tills
        )

    def resume(self, records: Iterable[SaleRecord], closed: Iterable[SaleRecord], now_s: float) -> None:
        """Continue after a restart. records: the unfinished sales, oldest first. closed: the last closed sales, oldest
        first."""
        for record in closed:
            self._known.continue_over(record)
            self._known.put_over(record, now_s)
        for record in records:
            self._known.continue_over(record)
            items = tuple(self._with_age(item) for item in record.restricted)
            sale = resume(record.model_copy(update={"restricted": items}), now_s)
            self._till_connected()
            self._tills.hear(sale.till, now_s)
            if record.waiting:
                self._known.put_waiting(sale)
            elif self._known.open_of(sale.till):
                # The disk failed at the start, and the till has opened another sale since.
                self._known.put_waiting(sale.set_aside("interrupted", now_s, self._identity.wall_time(now_s)))
            else:
                self._known.put(sale)

    def receive(
        self, till: str, message_id: str, data: Data, now_s: float, *, said_at: datetime | None = None
    ) -> Handled:  # fmt: skip
        """Handle a till's message. Handling the same message twice changes nothing more. said_at: the message's time by
        the till's clock."""
        self._tills.hear(till, now_s)
        message = TillMessage(till, message_id, now_s, self._identity.wall_time(now_s), said_at)
        if isinstance(data, Ack):
            if data.alert_id and (sale := self._known.open_of(till)):
                self._known.put(sale.alert_received(data.alert_id, message.at))
            return Handled([])
        if isinstance(data, Hello):
            return self._greeted(message, data)
        if not self._tills.may_send(till, data):
            text = f"{till} said hello as {self._tills.role_of(till)}, which may not send {data.type}"
            return Handled([message.error("not-allowed", text)])
        self._learn_restricted(data)
        if isinstance(data, SaleOpened):
            return self._open(message, data)
        if isinstance(data, IdChecked):
            return note_check(self._known, self._tills, self._rules, message, data)
        if isinstance(data, SaleSuspended):
            return suspend_sale(self._known, self._rules, message, data)
        if isinstance(data, SaleClosed):
            return close_sale(self._known, self._rules, message, data)
        if isinstance(data, RestrictedItem | ItemRemoved | SaleBasket):
            return self._change_items(message, data)
        return Handled([message.error("not-for-agent", f"{data.type} is not a message for the agent")])

    def follow(self, customer: Person | None, now_s: float) -> None:
        """Update the sales for the customer now in the zone. Without tills, each customer is a new sale in which
        something restricted is taken to be bought."""
        if not self.continuous:
            if customer and customer.age.samples:
                for sale in self._known.open:
                    self._known.put(sale.with_customer(customer.track_id))
            return
        track_id = customer.track_id if customer else None
        zone_sale = self._known.open_of(NO_TILL)
        if zone_sale and zone_sale.customer != track_id:
            zone_sale = None
            self._known.remove(NO_TILL)
        if track_id is not None and zone_sale is None:
            at = self._identity.wall_time(now_s)
            sale = new_sale(self._rules, self._identity.new_id(), NO_TILL, now_s, at).with_customer(track_id)
            self._known.put(sale.scanned(self._with_age(AgeRestrictedItem()), now_s, sale.record.opened_at))

    def end_silent(self, now_s: float) -> list[Outcome]:
        """Close the sales whose till has been silent for too long, and those that waited too long."""
        outcomes: list[Outcome] = []
        for sale in self._known.take_silent(now_s):
            outcomes += give_up(self._known, sale, self._at(now_s))
        return outcomes

    def answer(self, till: str, verdict: Verdict, now_s: float, frame_s: float | None) -> list[Outcome]:
        """The alert about a till's sale that is due now, if any. frame_s: grab time of the last frame."""
        sale = self._known.open_of(till)
        answer = sale and sale.next_answer(verdict, now_s, self._rules.settings.policy.answer_within_s)
        if not sale or not answer:
            return []
        alert = build_alert(self._rules, self._identity, sale, answer, now_s, frame_s)
        self._known.put(sale.with_answer(answer, alert_record(alert)))
        return [OutgoingMessage(alert, till=till)]

    def note_age(self, till: str, age: TrackAge) -> None:
        """Keep the customer's age, while there is no doubt whose it is."""
        if sale := self._known.open_of(till):
            self._known.put(sale.with_age(age))

    def offer(self, till: str, verdict: Verdict, age: TrackAge, now_s: float) -> list[Outcome]:
        """The offer that a till should get now, if any. A held-out offer is noted in the sale, but not sent."""
        book, sale = self._rules.offers, self._known.open_of(till)
        if not book or not sale or not sale.may_offer(verdict, now_s):
            return []
        at = self._identity.wall_time(now_s)
        if not (rule := book.matching_rule(sale.basket, age, at, self._restricted)):
            return []
        offered = book.make_offer(rule, sale.sale_id, self._identity.new_id())
        self._known.put(sale.with_offer(offered))
        if offered.held_out:
            return []
        return [OutgoingMessage(offered.message(sale.sale_id, self._rules.settings.lane, at), till=till)]

    def alert_expired(self, alert_id: str) -> None:
        """A till did not get this alert in time."""
        for sale in self._known.of_tills:
            self._known.put(sale.alert_expired(alert_id))

    def _greeted(self, message: TillMessage, hello: Hello) -> Handled:
        self._tills.greeted(message.till, hello.role)
        if hello.role == "till":
            self._till_connected()
        if sale := self._known.open_of(message.till):
            self._known.put(sale.message_received(message.now_s))
        return Handled([message.ack()], decide_now=True)

    def _till_connected(self) -> None:
        """In mode auto, the first till ends the sales of the zone."""
        if self._rules.settings.mode == "auto" and self.continuous:
            self._known.remove(NO_TILL)
        self._tills.has_sold = True

    def _open(self, message: TillMessage, data: SaleOpened) -> Handled:
        # A till whose connection was restored sends no second hello.
        self._till_connected()
        if self.continuous:
            text = "this lane runs in mode continuous, where the agent itself opens the sales"
            return Handled([message.error("wrong-mode", text, data.sale_id)])
        return open_sale(self._known, self._rules, message, data)

    def _change_items(self, message: TillMessage, data: RestrictedItem | ItemRemoved | SaleBasket) -> Handled:
        sale = self._known.open_of(message.till)
        if sale is None or sale.sale_id != data.sale_id:
            return Handled([not_open(self._known, message, data.sale_id)])
        had_restricted = bool(sale.record.restricted)
        sale = sale.message_received(message.now_s)
        if isinstance(data, SaleBasket):
            sale = sale.with_basket(data.basket, message.now_s)
        elif (fingerprint := message.fingerprint(data)) not in sale.record.item_messages:
            sale = self._with_items_changed(sale, message, data).with_item_message(fingerprint)
        self._known.put(sale)
        outcomes: list[Outcome] = [message.ack()]
        if had_restricted and not sale.record.restricted:
            outcomes.append(withdrawal(self._rules, sale, message.at))
        return Handled(outcomes, decide_now=True)

    def _with_items_changed(self, sale: Sale, message: TillMessage, data: RestrictedItem | ItemRemoved) -> Sale:
        if isinstance(data, RestrictedItem):
            item = AgeRestrictedItem(sku=data.sku, minimum_age=data.minimum_age)
            return sale.scanned(self._with_age(item), message.now_s, message.at)
        left = None if data.remaining is None else tuple(map(self._with_age, data.remaining))
        return sale.removed(data.sku, left, message.now_s, message.at)

    def _with_age(self, item: AgeRestrictedItem) -> AgeRestrictedItem:
        """An item with its minimum age: by default the legal age of the lane."""
        age = item.minimum_age or self._rules.legal_age
        return AgeRestrictedItem(sku=item.sku, minimum_age=age)

    def _learn_restricted(self, data: Data) -> None:
        """Remember the names of restricted goods that a till sends."""
        if isinstance(data, RestrictedItem) and data.sku:
            self.add_restricted([data.sku])
        if isinstance(data, SaleBasket | SaleClosed):
            book = self._rules.offers
            self.add_restricted(restricted_names(data.basket, book.catalogue if book else {}))

    def _at(self, now_s: float) -> TillMessage:
        """A moment without a message."""
        return TillMessage(NO_TILL, "", now_s, self._identity.wall_time(now_s))
