"""What the cashier does in a sale, and the messages that follow. Pure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from edge.errors import UsageError
from edge.language.words import words
from edge.till.messages import IdChecked, ItemRemoved, RestrictedItem, SaleBasket
from edge.till.reference.catalogue import find_item, names_of
from edge.till.reference.steps import Entry, Notify, Save, Step

if TYPE_CHECKING:
    from edge.till.identity import Identity
    from edge.till.messages import CheckMeans, CheckOutcome, Data
    from edge.till.reference.link import Link
    from edge.till.reference.sale import TillSale
    from edge.till.reference.state import TillState
    from edge.till.reference.steps import OfferAnswer

LATE_CHECK = timedelta(minutes=5)
"""An ID check counts for a sale that was closed this short a time ago."""

CheckedSale = Literal["open", "next", "last"]
"""The sale that an ID check is for: the open one, the one that is opened next, or the one that was closed last."""


class CashierActions(ABC):
    """The actions of a till's cashier. Times are of a monotonic clock. Every method returns the steps to perform, and
    raises UsageError when the action is not possible now: most need an open sale."""

    def __init__(self, link: Link, identity: Identity, state: TillState) -> None:
        self._link, self._identity, self._state = link, identity, state

    @abstractmethod
    def tick(self, now_s: float) -> list[Step]:
        """What is due now."""

    @property
    def sale(self) -> TillSale | None:
        """The open sale."""
        return self._state.sale

    @property
    def cashier_actions(self) -> int:
        """How many actions were performed, including those before a restart."""
        return self._state.cashier_actions

    def scan(self, word: str, now_s: float) -> list[Step]:
        """Scan an item. word: its name or number. Raises UsageError also for an unknown item."""
        sale_id, item = self._open_sale().sale_id, find_item(word)
        message = RestrictedItem(sale_id=sale_id, sku=item.sku, minimum_age=item.minimum_age)
        sent = self._link.wrap(message, now_s) if item.restricted else None
        steps = self._keep(Entry(scanned=item.sku, sent=sent), now_s)
        notify = Notify("scanned", {"sale_id": sale_id, "sku": item.sku, "restricted": item.restricted})
        return [*steps, notify, *self._send_basket(now_s)]

    def remove(self, word: str, now_s: float) -> list[Step]:
        """Remove an item from the basket. word: its name or number. Raises UsageError also for an item that is not
        in it."""
        sale, item = self._open_sale(), find_item(word)
        if not sale.quantity_of(item):
            skus = [line.sku for line in sale.basket if line.sku]
            names = names_of(skus) if skus else words("nothing")
            raise UsageError(
                words("there is no {name} in the basket: it has {names}", name=names_of([item.sku]), names=names)
            )
        left = sale.without_item(item, now_s)
        message = ItemRemoved(sale_id=sale.sale_id, sku=item.sku, remaining=left.restricted)
        sent = self._link.wrap(message, now_s) if item.restricted else None
        steps = self._keep(Entry(removed=item.sku, sent=sent), now_s)
        notify = Notify("removed", {"sale_id": sale.sale_id, "sku": item.sku, "restricted": item.restricted})
        return [*steps, notify, *self._send_basket(now_s)]

    def check(
        self,
        outcome: CheckOutcome,
        now_s: float,
        *,
        means: CheckMeans | None = None,
        authorised_by: str | None = None,
        minimum_age: int | None = None,
        sale: CheckedSale = "open",
        sale_id: str | None = None,
    ) -> list[Step]:
        """Report the result of an ID check. minimum_age: None for that of the strictest item. sale_id: that of the next
        sale; None for a new one. For means and authorised_by see `CheckResult`. Raises UsageError also when the last
        sale was closed too long ago."""
        checked_id = self._checked_sale(sale, sale_id, now_s)
        age = minimum_age or (self._open_sale().stated_age if sale == "open" else None)
        message = IdChecked(
            sale_id=checked_id,
            outcome=outcome,
            cashier_id=self._state.cashier_id,
            means=means,
            authorised_by=authorised_by,
            minimum_age=age,
        )
        details: dict[str, Any] = {"sale_id": checked_id, "outcome": outcome}
        stated = {"means": means, "authorised_by": authorised_by, "minimum_age": age}
        details |= {name: value for name, value in stated.items() if value}
        return self._send(message, Notify("checked", details), now_s)

    def change_cashier(self, cashier_id: str, now_s: float) -> list[Step]:
        """Another cashier sells from now on, in the open sale too."""
        steps = self._keep(Entry(cashier=cashier_id), now_s)
        return [*steps, Notify("cashier", {"cashier_id": cashier_id}), *self.tick(now_s)]

    def answer_offer(self, answer: OfferAnswer, now_s: float) -> list[Step]:
        """Record the customer's answer to the offer; it is sent when the sale is closed. Raises UsageError also when no
        offer was shown."""
        sale = self._open_sale()
        if not sale.offer or sale.offer_outcome == "not-shown":
            raise UsageError(words("nothing is offered: there is nothing to take or refuse"))
        steps = self._keep(Entry(offer=answer), now_s)
        ids = {"offer_id": sale.offer.offer_id, "sale_id": sale.sale_id}
        return [*steps, Notify("offer-answered", {**ids, "outcome": answer}), *self.tick(now_s)]

    def _send(self, data: Data, notify: Notify, now_s: float) -> list[Step]:
        steps = self._keep(Entry(sent=self._link.wrap(data, now_s)), now_s)
        return [*steps, notify, *self.tick(now_s)]

    def _keep(self, entry: Entry, now_s: float) -> list[Step]:
        self._state.apply(entry, now_s)
        return [Save(entry)]

    def _send_basket(self, now_s: float) -> list[Step]:
        sale = self._open_sale()
        self._link.queue_basket(SaleBasket(sale_id=sale.sale_id, basket=sale.basket))
        return self.tick(now_s)

    def _open_sale(self) -> TillSale:
        if self.sale is None:
            raise UsageError(words("no sale is open: open one first"))
        return self.sale

    def _next_id(self) -> str:
        """The id of the sale that will be opened next."""
        return self._state.next.sale_id if self._state.next else self._identity.new_id()

    def _require_no_sale(self) -> None:
        if self.sale:
            raise UsageError(
                words("sale {sale_id} is open: close or suspend it before the next one", sale_id=self.sale.sale_id)
            )

    def _checked_sale(self, sale: CheckedSale, sale_id: str | None, now_s: float) -> str:
        if sale == "next":
            self._require_no_sale()
            return sale_id or self._next_id()
        if sale == "last":
            last = self._state.last
            if last is None or self._identity.wall_time(now_s) - last.closed_at > LATE_CHECK:
                raise UsageError(
                    words("no sale was closed within the last 5 minutes: there is none to report a check for")
                )
            return last.sale_id
        return self._open_sale().sale_id
