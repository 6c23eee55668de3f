"""A till's side of the protocol: the cashier's doings, messages and time in; what to note, send and tell out. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edge.decision.policy import Decision
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
from edge.till.reference.catalogue import find
from edge.till.reference.link import Link
from edge.till.reference.sale import Screen, TillSale, screen
from edge.till.reference.steps import Entry, Keep, Send, Step, Tell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.till.envelope import Event
    from edge.till.identity import Identity
    from edge.till.messages import CheckOutcome, Data
    from edge.till.reference.steps import OfferAnswer


class TillSession:
    """A till at work. Times are seconds of a steady clock; `identity` gives ids, and the wall clock's time."""

    def __init__(self, name: str, identity: Identity, cashier_id: str | None = None) -> None:
        self.name, self.sale, self.screen = name, None, Screen("nothing")
        self.deeds = 0
        """How many things the cashier did: sales opened, items scanned, checks, offers answered, sales closed; counted
        over restarts."""
        self._identity, self._cashier_id = identity, cashier_id
        self._link = Link(name, identity)
        self._noted: set[tuple[str, str | None]] = set()

    sale: TillSale | None

    @property
    def unanswered(self) -> int:
        """So many messages wait for the agent's answer."""
        return len(list(self._link.waiting))

    def start(self, now_s: float, journal: Iterable[Entry] = ()) -> list[Step]:
        """Report for work, and go on from what was written down before."""
        for entry in journal:
            self._remember(entry, now_s)
        steps = [_shown(self.sale.alert, again=True)] if self.sale and self.sale.alert else []
        self._link.start(self.sale, now_s)
        return [*steps, *self.tick(now_s)]

    def open_sale(self, now_s: float, sale_id: str | None = None) -> list[Step]:
        """Raises UsageError while one is open, as the others do while none is."""
        if self.sale:
            raise UsageError(f"sale {self.sale.sale_id} is open: close it before the next one")
        sale_id = sale_id or self._identity.new_id()
        return self._say(SaleOpened(sale_id=sale_id), Tell("sale-opened", {"sale_id": sale_id}), now_s)

    def scan(self, word: str, now_s: float) -> list[Step]:
        """An item by its name or number. Raises UsageError for one that there is not."""
        sale, item = self._open(), find(word)
        scanned = Entry(scanned=item.sku)
        told = Tell("scanned", {"sale_id": sale.sale_id, "sku": item.sku, "restricted": item.restricted})
        self._remember(scanned, now_s)
        self._link.tell_basket(SaleBasket(sale_id=sale.sale_id, basket=self._open().basket))
        if not item.restricted:
            return [Keep(scanned), told, *self.tick(now_s)]
        return [Keep(scanned), *self._say(RestrictedItem(sale_id=sale.sale_id, sku=item.sku), told, now_s)]

    def check(self, outcome: CheckOutcome, now_s: float) -> list[Step]:
        """What asking for ID gave."""
        sale_id = self._open().sale_id
        message = IdChecked(sale_id=sale_id, outcome=outcome, cashier_id=self._cashier_id)
        return self._say(message, Tell("checked", {"sale_id": sale_id, "outcome": outcome}), now_s)

    def answer_offer(self, answer: OfferAnswer, now_s: float) -> list[Step]:
        """What the customer says to the offer; the agent hears of it when the sale is closed."""
        sale = self._open()
        if not sale.offer or sale.answer == "not-shown":
            raise UsageError("nothing is offered: there is nothing to take or refuse")
        said = Entry(offer=answer)
        self._remember(said, now_s)
        ids = {"offer_id": sale.offer.offer_id, "sale_id": sale.sale_id}
        return [Keep(said), Tell("offer-answered", {**ids, "outcome": answer}), *self.tick(now_s)]

    def close_sale(self, now_s: float, *, completed: bool = True) -> list[Step]:
        """completed: False when what is restricted stays behind."""
        sale = self._open()
        message = SaleClosed(
            sale_id=sale.sale_id,
            completed=completed,
            cashier_id=self._cashier_id,
            basket=sale.basket if completed else sale.sold_otherwise,
            offer=sale.reply,
        )
        return self._say(message, Tell("sale-closed", {"sale_id": sale.sale_id, "completed": completed}), now_s)

    def hear(self, event: Event, now_s: float) -> list[Step]:
        """Take in a message of the agent."""
        steps = self._link.heard(now_s)
        try:
            data = event.content()
        except ValueError as problem:
            return [*steps, Tell("not-understood", {"text": str(problem)}), *self.tick(now_s)]
        if isinstance(data, Alert) or (isinstance(data, Error) and data.code == "expired" and data.alert_id):
            steps += self._hear_of_alert(event, data, now_s)
        elif isinstance(data, Error):
            steps += self._link.hear_error(data, self.sale, now_s)
        elif isinstance(data, Ack):
            steps += self._link.hear_ack(data)
        elif isinstance(data, Health):
            steps += self._link.hear_health(event, data, self.sale, now_s)
        elif isinstance(data, Offer):
            steps += self._hear_offer(event, data, now_s)
        return [*steps, *self.tick(now_s)]

    def tick(self, now_s: float) -> list[Step]:
        """What time alone may bring."""
        steps = self._link.tick(now_s)
        before, self.screen = self.screen, screen(self.sale, silent=self._link.silent, now_s=now_s)
        if self.screen != before:
            text = self.screen.text.model_dump() if self.screen.text else None
            offer = {"offer": self.screen.offer.text.model_dump()} if self.screen.offer else {}
            steps.append(Tell("screen", {"shows": self.screen.shows, "text": text, **offer}))
        if self.sale and self.screen.offer and self.sale.answer == "not-shown":
            self.sale = replace(self.sale, answer="shown")
            ids = {"offer_id": self.screen.offer.offer_id, "sale_id": self.sale.sale_id}
            steps.append(Tell("offer-shown", {**ids, "text": self.screen.offer.text.model_dump()}))
        return steps

    def _say(self, data: Data, told: Tell, now_s: float) -> list[Step]:
        sent = Entry(sent=self._link.wrap(data, now_s))
        self._remember(sent, now_s)
        return [Keep(sent), told, *self.tick(now_s)]

    def _hear_of_alert(self, event: Event, data: Alert | Error, now_s: float) -> list[Step]:
        """Noted first, shown then, and acknowledged only after that."""
        ids = {"alert_id": data.alert_id, "sale_id": data.sale_id}
        receipt = Send(self._link.wrap(Ack(message_id=event.id, alert_id=data.alert_id), now_s))
        if (data.type, data.alert_id) in self._noted:
            return [Tell("repeated", ids), receipt]
        if isinstance(data, Alert):
            why = self._why_hidden(data, now_s)
            outcome = Tell("not-shown", {**ids, "why": why}) if why else _shown(data)
            told = [Tell("alert", {**ids, "decision": data.decision.value}), outcome]
        else:
            told = [Tell("expired", ids)]
        heard = Entry(heard=event)
        self._remember(heard, now_s)
        return [Keep(heard), *told, receipt]

    def _hear_offer(self, event: Event, offer: Offer, now_s: float) -> list[Step]:
        """The first one of the sale counts."""
        if not self.sale or self.sale.sale_id != offer.sale_id or self.sale.offer:
            return []
        heard = Entry(heard=event)
        self._remember(heard, now_s)
        return [Keep(heard)]

    def _why_hidden(self, alert: Alert, now_s: float) -> str | None:
        """What keeps an alert off the screen, if anything."""
        sale = self.sale
        if sale is None or sale.sale_id != alert.sale_id:
            return "other-sale"
        if sale.check:
            return "checked"
        if sale.alert and alert.issued_at < sale.alert.issued_at:
            return "newer-one-known"
        if self._identity.wall_time(now_s) >= alert.expires_at:
            return "expired"
        if alert.decision is Decision.NO_CHALLENGE and not self._link.clocks_agree:
            return "clocks-differ"
        return None

    def _open(self) -> TillSale:
        if self.sale is None:
            raise UsageError("no sale is open: open one first")
        return self.sale

    def _remember(self, entry: Entry, now_s: float) -> None:
        """What a line of the journal changes; now, and when it is read again after a restart."""
        if entry.answered:
            self._link.waiting.answered(entry.answered)
        if entry.scanned:
            self.deeds += 1
            self.sale = self.sale and self.sale.scanned(find(entry.scanned), now_s)
        if entry.offer:
            self.deeds += 1
            self.sale = self.sale and replace(self.sale, answer=entry.offer)
        if entry.sent:
            self._link.waiting.add(entry.sent)
            self._do(entry.sent.content())
        news = entry.heard.content() if entry.heard else None
        if isinstance(news, Offer) and self.sale and self.sale.sale_id == news.sale_id:
            self.sale = replace(self.sale, offer=news)
        if isinstance(news, Alert | Error):
            self._noted.add((news.type, news.alert_id))
        if isinstance(news, Alert) and self.sale and not self._why_hidden(news, now_s):
            left_s = (news.expires_at - self._identity.wall_time(now_s)).total_seconds()
            lasts_s = (news.expires_at - news.issued_at).total_seconds()
            self.sale = replace(self.sale, alert=news, until_s=now_s + min(left_s, lasts_s))

    def _do(self, data: Data) -> None:
        """The cashier did something that the agent is told."""
        self.deeds += not isinstance(data, RestrictedItem)
        if isinstance(data, SaleOpened):
            self.sale = TillSale(data.sale_id)
        elif isinstance(data, IdChecked):
            self.sale = self.sale and replace(self.sale, check=data.outcome)
        elif isinstance(data, SaleClosed):
            self.sale = None
            self._link.tell_basket(None)


def _shown(alert: Alert, *, again: bool = False) -> Tell:
    """again: it was noted before a restart; whether the cashier has read it, nobody knows."""
    return Tell(
        "shown",
        {
            "alert_id": alert.alert_id,
            "sale_id": alert.sale_id,
            "decision": alert.decision.value,
            "text": alert.text.model_dump(),
            **({"again": True} if again else {}),
        },
    )
