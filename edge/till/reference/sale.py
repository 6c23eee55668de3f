"""The open sale of a till, and what the cashier's screen shows for it. Immutable values; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from edge.decision.policy import Decision
from edge.till.messages import Alert, BasketLine, CheckOutcome, Offer, OfferReply, Text
from edge.till.reference import fallback_prompts

if TYPE_CHECKING:
    from edge.till.reference.catalogue import Item

ANSWER_WITHIN_S = 1.0
"""Without an alert within this time after the scan, the till itself asks for ID."""

ScreenContent = Literal["nothing", "waiting", "alert", "ask", "ask-everyone", "do-not-sell"]


@dataclass(frozen=True, slots=True)
class Screen:
    """What the cashier sees. alert: the alert whose text is shown. offer: the offer shown beside it."""

    shows: ScreenContent
    text: Text | None = None
    alert: Alert | None = None
    offer: Offer | None = None


@dataclass(frozen=True, slots=True)
class TillSale:
    """A sale at the till. Times are of a monotonic clock.

    restricted_s: when the first restricted item was scanned. alert: the newest alert that was shown. alert_until_s:
    when it expires. check: the result of the ID check. offer: the agent's offer. offer_outcome: the result of the offer
    so far.
    """

    sale_id: str
    basket: tuple[BasketLine, ...] = ()
    restricted_s: float | None = None
    alert: Alert | None = None
    alert_until_s: float = 0.0
    check: CheckOutcome | None = None
    offer: Offer | None = None
    offer_outcome: Literal["not-shown", "shown", "taken", "refused"] = "not-shown"

    def with_item(self, item: Item, now_s: float) -> TillSale:
        """The sale after one more item was scanned."""
        lines = {line.sku: line for line in self.basket}
        quantity = lines[item.sku].quantity + 1 if item.sku in lines else 1
        lines[item.sku] = BasketLine(
            sku=item.sku, category=item.category, quantity=quantity, price=item.price, restricted=item.restricted
        )
        restricted_s = now_s if item.restricted and self.restricted_s is None else self.restricted_s
        return replace(self, basket=tuple(lines.values()), restricted_s=restricted_s)

    @property
    def awaits_decision(self) -> bool:
        """Whether a restricted item was scanned, and there is neither an alert nor an ID check yet."""
        return self.restricted_s is not None and self.alert is None and self.check is None

    @property
    def offer_reply(self) -> OfferReply | None:
        """The result of the offer for `lane.sale.closed`, None without an offer."""
        return OfferReply(offer_id=self.offer.offer_id, outcome=self.offer_outcome) if self.offer else None

    @property
    def unrestricted_lines(self) -> tuple[BasketLine, ...]:
        """The basket without restricted items."""
        return tuple(line for line in self.basket if not line.restricted)


def screen(sale: TillSale | None, *, silent: bool, now_s: float) -> Screen:
    """What the cashier sees now. sale: the open sale. silent: whether the agent is silent."""
    shown = _without_offer(sale, silent=silent, now_s=now_s)
    asks = shown.shows != "nothing" and not (shown.alert and shown.alert.decision is Decision.NO_CHALLENGE)
    offered = sale and sale.offer and sale.offer_outcome in ("not-shown", "shown")
    return replace(shown, offer=sale.offer) if sale and offered and not asks else shown


def _without_offer(sale: TillSale | None, *, silent: bool, now_s: float) -> Screen:
    if sale and sale.check in ("failed", "not-shown"):
        return Screen("do-not-sell", fallback_prompts.DO_NOT_SELL)
    if silent:
        return Screen("ask-everyone", fallback_prompts.SILENT)
    if sale is None or sale.check == "passed":
        return Screen("nothing")
    if sale.alert:
        if now_s < sale.alert_until_s:
            return Screen("alert", sale.alert.text, sale.alert)
        # An expired CHALLENGE still asks; an expired NO_CHALLENGE was already acted on.
        asks = sale.alert.decision is not Decision.NO_CHALLENGE
        return Screen("ask", fallback_prompts.EXPIRED) if asks else Screen("nothing")
    if sale.restricted_s is None:
        return Screen("nothing")
    if now_s - sale.restricted_s < ANSWER_WITHIN_S:
        return Screen("waiting", fallback_prompts.WAITING)
    return Screen("ask", fallback_prompts.NO_ANSWER)
