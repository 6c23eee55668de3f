"""How a sale begins, is set aside, continues and ends at a till. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge.errors import UsageError
from edge.language.words import words
from edge.till.messages import RestrictedItem, ResumedSale, SaleClosed, SaleOpened, SaleSuspended
from edge.till.reference.actions import CashierActions
from edge.till.reference.catalogue import find_item
from edge.till.reference.steps import Entry, Notify, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.till.messages import BasketLine, SaleReference
    from edge.till.reference.sale import TillSale


class SaleActions(CashierActions):
    """Adds the actions that begin or end a sale. `open_sale` and `resume` raise UsageError while a sale is open."""

    @property
    def suspended(self) -> tuple[str, ...]:
        """Ids of the sales that were set aside, the latest one last."""
        return tuple(self._state.suspended)

    def open_sale(
        self,
        now_s: float,
        sale_id: str | None = None,
        *,
        training: bool = False,
        resumes: ResumedSale | None = None,
        items: Iterable[str] = (),
    ) -> list[Step]:
        """Open a sale. sale_id: None for a new id. training: only an exercise. resumes: the suspended sale of another
        till or lane that this one continues; items: what is in its basket, names or numbers."""
        self._require_no_sale()
        sale_id = sale_id or self._next_id()
        found = [find_item(word) for word in items]
        details: dict[str, Any] = {"sale_id": sale_id} | ({"training": True} if training else {})
        opened = SaleOpened(sale_id=sale_id, cashier_id=self._state.cashier_id, training=training, resumes=resumes)
        if resumes:
            details["resumes"] = resumes.model_dump(exclude_none=True)
        entry = Entry(sent=self._link.wrap(opened, now_s), items=tuple(item.sku for item in found) or None)
        steps = self._keep(entry, now_s)
        if resumes and resumes.lane not in (None, self._link.lane):
            # This lane has no record of the sale yet.
            for item in found:
                message = RestrictedItem(sale_id=sale_id, sku=item.sku, minimum_age=item.minimum_age)
                steps += self._keep(Entry(sent=self._link.wrap(message, now_s)), now_s) if item.restricted else []
        return [*steps, Notify("sale-opened", details), *self.tick(now_s)]

    def suspend(self, now_s: float) -> list[Step]:
        """Set the sale aside."""
        sale_id = self._open_sale().sale_id
        message = SaleSuspended(sale_id=sale_id, cashier_id=self._state.cashier_id)
        return self._send(message, Notify("sale-suspended", {"sale_id": sale_id}), now_s)

    def resume(self, now_s: float, sale_id: str | None = None) -> list[Step]:
        """Continue a sale that this till has suspended. sale_id: None for the one that was suspended last."""
        self._require_no_sale()
        sale = self.suspended_sale(sale_id)
        # Named also under the same id: on another day the id alone would be that of a new sale.
        resumes = ResumedSale(sale_id=sale.sale_id, check=sale.checks[-1] if sale.checks else None)
        message = SaleOpened(
            sale_id=sale.sale_id, cashier_id=self._state.cashier_id, resumes=resumes, training=sale.training
        )
        return self._send(message, Notify("sale-resumed", {"sale_id": sale.sale_id}), now_s)

    def resumed_elsewhere(self, now_s: float, resumed_as: SaleReference, sale_id: str | None = None) -> list[Step]:
        """Note that another lane has resumed a sale that this till had suspended. sale_id: None for the last one."""
        message = SaleSuspended(sale_id=self.suspended_sale(sale_id).sale_id, resumed_as=resumed_as)
        reference = resumed_as.model_dump(exclude_none=True)
        notify = Notify("sale-resumed", {"sale_id": message.sale_id, "resumed_as": reference})
        return self._send(message, notify, now_s)

    def close_sale(
        self, now_s: float, *, completed: bool = True, basket: tuple[BasketLine, ...] | None = None
    ) -> list[Step]:
        """Close the sale. completed: False when the restricted items are not sold. basket: None for what was scanned,
        without restricted items unless completed."""
        sale = self._open_sale()
        scanned = sale.basket if completed else sale.unrestricted_lines
        message = SaleClosed(
            sale_id=sale.sale_id,
            completed=completed,
            cashier_id=self._state.cashier_id,
            basket=scanned if basket is None else basket,
            offer=sale.offer_reply,
        )
        return self._send(message, Notify("sale-closed", {"sale_id": sale.sale_id, "completed": completed}), now_s)

    def suspended_sale(self, sale_id: str | None = None) -> TillSale:
        """A sale that this till has suspended. sale_id: None for the last one. Raises UsageError if there is none."""
        suspended = self._state.suspended
        chosen = sale_id or next(reversed(suspended), None)
        if chosen is None:
            raise UsageError(words("no sale is suspended at this till: suspend one first"))
        if chosen not in suspended:
            raise UsageError(
                words(
                    "sale {sale_id} is not suspended at this till: suspended are {names}",
                    sale_id=chosen,
                    names=", ".join(suspended) or words("none"),
                )
            )
        return suspended[chosen]
