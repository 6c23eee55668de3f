"""The sale that a till has open, and what the cashier's screen says about it. Values; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from edge.decision.policy import Decision
from edge.till.messages import Alert, BasketLine, CheckOutcome, Offer, OfferReply, Text
from edge.till.reference import words

if TYPE_CHECKING:
    from edge.till.reference.catalogue import Item

ANSWER_WITHIN_S = 1.0
"""Without an answer by then the till itself asks for ID."""

Shows = Literal["nothing", "waiting", "alert", "ask", "ask-everyone", "do-not-sell"]


@dataclass(frozen=True, slots=True)
class Screen:
    """What the cashier sees. alert: the one whose words these are. offer: what may be offered beside it."""

    shows: Shows
    text: Text | None = None
    alert: Alert | None = None
    offer: Offer | None = None


@dataclass(frozen=True, slots=True)
class TillSale:
    """asked_s: when something restricted was scanned first. alert: the newest that was put on the screen; until_s: how
    long it may stay there. check: what asking for ID gave. offer: the agent's. answer: what became of
    it so far."""

    sale_id: str
    basket: tuple[BasketLine, ...] = ()
    asked_s: float | None = None
    alert: Alert | None = None
    until_s: float = 0.0
    check: CheckOutcome | None = None
    offer: Offer | None = None
    answer: Literal["not-shown", "shown", "taken", "refused"] = "not-shown"

    def scanned(self, item: Item, now_s: float) -> TillSale:
        """Something more in the basket."""
        lines = {line.sku: line for line in self.basket}
        quantity = lines[item.sku].quantity + 1 if item.sku in lines else 1
        lines[item.sku] = BasketLine(
            sku=item.sku, category=item.category, quantity=quantity, price=item.price, restricted=item.restricted
        )
        asked_s = now_s if item.restricted and self.asked_s is None else self.asked_s
        return replace(self, basket=tuple(lines.values()), asked_s=asked_s)

    @property
    def unanswered(self) -> bool:
        """Whether the agent still owes an answer."""
        return self.asked_s is not None and self.alert is None and self.check is None

    @property
    def reply(self) -> OfferReply | None:
        """What the agent is told of its offer."""
        return OfferReply(offer_id=self.offer.offer_id, outcome=self.answer) if self.offer else None

    @property
    def sold_otherwise(self) -> tuple[BasketLine, ...]:
        """What goes over the counter when what is restricted stays behind."""
        return tuple(line for line in self.basket if not line.restricted)


def screen(sale: TillSale | None, *, silent: bool, now_s: float) -> Screen:
    """What the cashier sees now. silent: the agent has not been heard for too long."""
    shown = _without_offer(sale, silent=silent, now_s=now_s)
    asks = shown.shows != "nothing" and not (shown.alert and shown.alert.decision is Decision.NO_CHALLENGE)
    offered = sale and sale.offer and sale.answer in ("not-shown", "shown")
    return replace(shown, offer=sale.offer) if sale and offered and not asks else shown


def _without_offer(sale: TillSale | None, *, silent: bool, now_s: float) -> Screen:
    if sale and sale.check in ("failed", "not-shown"):
        return Screen("do-not-sell", words.DO_NOT_SELL)
    if silent:
        return Screen("ask-everyone", words.SILENT)
    if sale is None or sale.check == "passed":
        return Screen("nothing")
    if sale.alert:
        if now_s < sale.until_s:
            return Screen("alert", sale.alert.text, sale.alert)
        # Who was to be asked still is; who was not has been decided about.
        asks = sale.alert.decision is not Decision.NO_CHALLENGE
        return Screen("ask", words.EXPIRED) if asks else Screen("nothing")
    if sale.asked_s is None:
        return Screen("nothing")
    if now_s - sale.asked_s < ANSWER_WITHIN_S:
        return Screen("waiting", words.WAITING)
    return Screen("ask", words.NO_ANSWER)
