"""A till's side of the protocol. In: the cashier's actions, messages and time. Out: steps to perform. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edge.errors import UsageError
from edge.till.messages import (
    Ack,
    Alert,
    Error,
    Health,
    IdChecked,
    Offer,
    RestrictedItem,
    SaleBasket,
    SaleClosed,
    SaleOpened,
)
from edge.till.reference.catalogue import find_item
from edge.till.reference.link import Link
from edge.till.reference.sale import Screen, TillSale, screen
from edge.till.reference.state import TillState
from edge.till.reference.steps import Entry, Notify, Save, Send, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.till.envelope import Event
    from edge.till.identity import Identity
    from edge.till.messages import CheckOutcome, Data
    from edge.till.reference.steps import OfferAnswer


class TillSession:
    """A running till. Times are of a monotonic clock. Every method returns the steps to perform.

    The cashier's actions raise UsageError when they are not possible now: `open_sale` while a sale is open, the others
    while none is.
    """

    def __init__(self, name: str, identity: Identity, cashier_id: str | None = None) -> None:
        """name: the till's name. identity: source of message ids and wall-clock times."""
        self.screen = Screen("nothing")
        self._identity, self._cashier_id = identity, cashier_id
        self._link = Link(name, identity)
        self._state = TillState(self._link, identity)

    @property
    def sale(self) -> TillSale | None:
        """The open sale."""
        return self._state.sale

    @property
    def cashier_actions(self) -> int:
        """Sales opened, items scanned, checks, offers answered and sales closed, including those before a restart."""
        return self._state.cashier_actions

    @property
    def unanswered(self) -> int:
        """How many messages the agent has not answered."""
        return len(self._link.pending)

    def start(self, now_s: float, entries: Iterable[Entry] = ()) -> list[Step]:
        """Restore the state from the saved entries, and greet the agent."""
        for entry in entries:
            self._state.apply(entry, now_s)
        steps = [_shown(self.sale.alert, again=True)] if self.sale and self.sale.alert else []
        self._link.start(self.sale, now_s)
        return [*steps, *self.tick(now_s)]

    def open_sale(self, now_s: float, sale_id: str | None = None) -> list[Step]:
        """Open a sale. sale_id: None for a new id."""
        if self.sale:
            raise UsageError(f"sale {self.sale.sale_id} is open: close it before the next one")
        sale_id = sale_id or self._identity.new_id()
        return self._send(SaleOpened(sale_id=sale_id), Notify("sale-opened", {"sale_id": sale_id}), now_s)

    def scan(self, word: str, now_s: float) -> list[Step]:
        """Scan an item. word: its name or number. Raises UsageError also for an unknown item."""
        sale, item = self._open_sale(), find_item(word)
        scanned = Entry(scanned=item.sku)
        notify = Notify("scanned", {"sale_id": sale.sale_id, "sku": item.sku, "restricted": item.restricted})
        self._state.apply(scanned, now_s)
        self._link.queue_basket(SaleBasket(sale_id=sale.sale_id, basket=self._open_sale().basket))
        if not item.restricted:
            return [Save(scanned), notify, *self.tick(now_s)]
        return [Save(scanned), *self._send(RestrictedItem(sale_id=sale.sale_id, sku=item.sku), notify, now_s)]

    def check(self, outcome: CheckOutcome, now_s: float) -> list[Step]:
        """Report the result of the ID check."""
        sale_id = self._open_sale().sale_id
        message = IdChecked(sale_id=sale_id, outcome=outcome, cashier_id=self._cashier_id)
        return self._send(message, Notify("checked", {"sale_id": sale_id, "outcome": outcome}), now_s)

    def answer_offer(self, answer: OfferAnswer, now_s: float) -> list[Step]:
        """Record the customer's answer to the offer; it is sent when the sale is closed. Raises UsageError also when no
        offer was shown."""
        sale = self._open_sale()
        if not sale.offer or sale.offer_outcome == "not-shown":
            raise UsageError("nothing is offered: there is nothing to take or refuse")
        answered = Entry(offer=answer)
        self._state.apply(answered, now_s)
        ids = {"offer_id": sale.offer.offer_id, "sale_id": sale.sale_id}
        return [Save(answered), Notify("offer-answered", {**ids, "outcome": answer}), *self.tick(now_s)]

    def close_sale(self, now_s: float, *, completed: bool = True) -> list[Step]:
        """Close the sale. completed: False when the restricted items are not sold."""
        sale = self._open_sale()
        message = SaleClosed(
            sale_id=sale.sale_id,
            completed=completed,
            cashier_id=self._cashier_id,
            basket=sale.basket if completed else sale.unrestricted_lines,
            offer=sale.offer_reply,
        )
        return self._send(message, Notify("sale-closed", {"sale_id": sale.sale_id, "completed": completed}), now_s)

    def receive(self, event: Event, now_s: float) -> list[Step]:
        """Handle a message of the agent."""
        steps = self._link.message_received(now_s)
        try:
            data = event.content()
        except ValueError as problem:
            return [*steps, Notify("not-understood", {"text": str(problem)}), *self.tick(now_s)]
        if isinstance(data, Alert) or (isinstance(data, Error) and data.code == "expired" and data.alert_id):
            steps += self._receive_alert(event, data, now_s)
        elif isinstance(data, Error):
            steps += self._link.handle_error(data, self.sale, now_s)
        elif isinstance(data, Ack):
            steps += self._link.handle_ack(data)
        elif isinstance(data, Health):
            steps += self._link.handle_health(event, data, self.sale, now_s)
        elif isinstance(data, Offer):
            steps += self._receive_offer(event, data, now_s)
        return [*steps, *self.tick(now_s)]

    def tick(self, now_s: float) -> list[Step]:
        """What is due now: resends, a silent agent, and changes of the screen. Call it at least each second."""
        steps = self._link.tick(now_s)
        before, self.screen = self.screen, screen(self.sale, silent=self._link.silent, now_s=now_s)
        if self.screen != before:
            text = self.screen.text.model_dump() if self.screen.text else None
            offer = {"offer": self.screen.offer.text.model_dump()} if self.screen.offer else {}
            steps.append(Notify("screen", {"shows": self.screen.shows, "text": text, **offer}))
        if self.sale and self.screen.offer and self.sale.offer_outcome == "not-shown":
            self._state.sale = replace(self.sale, offer_outcome="shown")
            ids = {"offer_id": self.screen.offer.offer_id, "sale_id": self.sale.sale_id}
            steps.append(Notify("offer-shown", {**ids, "text": self.screen.offer.text.model_dump()}))
        return steps

    def _send(self, data: Data, notify: Notify, now_s: float) -> list[Step]:
        sent = Entry(sent=self._link.wrap(data, now_s))
        self._state.apply(sent, now_s)
        return [Save(sent), notify, *self.tick(now_s)]

    def _receive_alert(self, event: Event, data: Alert | Error, now_s: float) -> list[Step]:
        """Save the alert, then show it, and acknowledge it last. A known one is only acknowledged."""
        ids = {"alert_id": data.alert_id, "sale_id": data.sale_id}
        ack = Send(self._link.wrap(Ack(message_id=event.id, alert_id=data.alert_id), now_s))
        if self._state.knows(data):
            return [Notify("repeated", ids), ack]
        if isinstance(data, Alert):
            why = self._state.why_not_shown(data, now_s)
            outcome = Notify("not-shown", {**ids, "why": why}) if why else _shown(data)
            notifications = [Notify("alert", {**ids, "decision": data.decision.value}), outcome]
        else:
            notifications = [Notify("expired", ids)]
        received = Entry(heard=event)
        self._state.apply(received, now_s)
        return [Save(received), *notifications, ack]

    def _receive_offer(self, event: Event, offer: Offer, now_s: float) -> list[Step]:
        """Keep the first offer of the open sale; ignore any other."""
        if not self.sale or self.sale.sale_id != offer.sale_id or self.sale.offer:
            return []
        received = Entry(heard=event)
        self._state.apply(received, now_s)
        return [Save(received)]

    def _open_sale(self) -> TillSale:
        if self.sale is None:
            raise UsageError("no sale is open: open one first")
        return self.sale


def _shown(alert: Alert, *, again: bool = False) -> Notify:
    """again: the alert was saved before a restart; whether the cashier has read it is unknown."""
    return Notify(
        "shown",
        {
            "alert_id": alert.alert_id,
            "sale_id": alert.sale_id,
            "decision": alert.decision.value,
            "text": alert.text.model_dump(),
            **({"again": True} if again else {}),
        },
    )
