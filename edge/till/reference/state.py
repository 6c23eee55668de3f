"""What a till must remember: its sales, what the cashier did, and the alerts it received.

Every change is an `Entry`. Applying the saved entries again after a restart restores the state. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from edge.decision.policy import Decision
from edge.till.messages import (
    Alert,
    CheckResult,
    Error,
    IdChecked,
    ItemRemoved,
    Offer,
    RestrictedItem,
    SaleClosed,
    SaleOpened,
    SaleSuspended,
)
from edge.till.reference.catalogue import find_item
from edge.till.reference.sale import TillSale, why_ignored

if TYPE_CHECKING:
    from edge.till.envelope import Event
    from edge.till.reference.link import Link
    from edge.till.reference.steps import Entry

EARLY_CHECK = timedelta(minutes=10)
"""An ID check counts for a sale that is opened within this time after it."""


@dataclass(frozen=True, slots=True)
class NextSale:
    """A sale that is not open yet: its id, and the ID checks that were made for it, with their times."""

    sale_id: str
    checks: tuple[tuple[datetime, CheckResult], ...] = ()


@dataclass(frozen=True, slots=True)
class LastSale:
    """The sale that was closed last."""

    sale_id: str
    closed_at: datetime


class TillState:
    """The remembered state of a till. Times are of a monotonic clock, but for those of the clock on the wall, which are
    UTC."""

    def __init__(self, link: Link, cashier_id: str | None) -> None:
        """link: gets the messages to send, and loses the answered ones."""
        self.sale: TillSale | None = None
        self.suspended: dict[str, TillSale] = {}
        """The sales that were set aside, by id, the latest one last."""
        self.next: NextSale | None = None
        self.last: LastSale | None = None
        self.cashier_id = cashier_id
        self.cashier_actions = 0
        """Actions since the state file began: see `CashierActions`."""
        self._link = link
        self._received: set[tuple[str, str | None]] = set()

    def knows(self, data: Alert | Error) -> bool:
        """Whether this alert, or the error that it expired, was received before."""
        return (data.type, data.alert_id) in self._received

    def apply(self, entry: Entry, now_s: float) -> None:
        """Change the state by one entry: a new one, or one of the state file after a restart."""
        if entry.answered:
            self._link.pending.remove_answered(entry.answered)
        if entry.scanned:
            self.sale = self.sale and self.sale.with_item(find_item(entry.scanned), now_s)
        if entry.removed:
            self.sale = self.sale and self.sale.without_item(find_item(entry.removed), now_s)
        if entry.cashier:
            self.cashier_id = entry.cashier
        if entry.offer:
            self.sale = self.sale and replace(self.sale, offer_outcome=entry.offer)
        if entry.scanned or entry.removed or entry.cashier or entry.offer:
            self.cashier_actions += 1
        if entry.sent:
            self._link.pending.add(entry.sent)
            self._apply_sent(entry.sent, entry.items or (), now_s)
        if entry.heard:
            self._apply_received(entry.heard, now_s)

    def why_ignored(self, alert: Alert, now_s: float) -> str | None:
        """Why an alert does not concern the open sale now, None if it does."""
        return why_ignored(self.sale, alert, self._link.alert_lasts_s(alert, now_s))

    def why_hidden(self, alert: Alert) -> str:
        """Why an alert that concerns the open sale is not on the screen."""
        if self.sale and self.sale.check:
            return "checked"
        if alert.decision is Decision.NO_CHALLENGE and not self._link.clocks_agree:
            return "clocks-differ"
        return "lower-age"

    def _apply_sent(self, event: Event, items: tuple[str, ...], now_s: float) -> None:
        data = event.content()
        self.cashier_actions += not isinstance(data, RestrictedItem | ItemRemoved)
        self._link.remember(event)
        if isinstance(data, SaleOpened):
            self._open(data, event.time, items, now_s)
        elif isinstance(data, IdChecked):
            self._check(data, event.time)
        elif isinstance(data, SaleSuspended):
            self._suspend(data)
        elif isinstance(data, SaleClosed):
            self.sale, self.last = None, LastSale(data.sale_id, event.time)
            self._link.queue_basket(None)

    def _open(self, data: SaleOpened, at: datetime, items: tuple[str, ...], now_s: float) -> None:
        if suspended := self.suspended.pop(data.sale_id, None):
            self.sale = suspended.resumed(now_s)
            return
        sale = TillSale(data.sale_id, training=data.training)
        for sku in items:
            sale = sale.with_item(find_item(sku), now_s)
        if data.resumes and data.resumes.check:
            sale = sale.with_check(data.resumes.check)
        if self.next and self.next.sale_id == data.sale_id:
            for checked_at, check in self.next.checks:
                sale = sale.with_check(check) if at - checked_at <= EARLY_CHECK else sale
            self.next = None
        self.sale = sale

    def _check(self, data: IdChecked, at: datetime) -> None:
        check = CheckResult.model_validate(data.model_dump())
        if self.sale and self.sale.sale_id == data.sale_id:
            self.sale = self.sale.with_check(check)
        elif not self.last or self.last.sale_id != data.sale_id:
            earlier = self.next.checks if self.next and self.next.sale_id == data.sale_id else ()
            self.next = NextSale(data.sale_id, (*earlier, (at, check)))

    def _suspend(self, data: SaleSuspended) -> None:
        if data.resumed_as:
            self.suspended.pop(data.sale_id, None)
        elif self.sale:
            self.suspended[self.sale.sale_id] = self.sale
            self.sale = None
            self._link.queue_basket(None)

    def _apply_received(self, event: Event, now_s: float) -> None:
        data = event.content()
        if isinstance(data, Offer) and self.sale and self.sale.sale_id == data.sale_id:
            self.sale = replace(self.sale, offer=data)
        if isinstance(data, Alert | Error):
            self._received.add((data.type, data.alert_id))
        if isinstance(data, Alert) and self.sale and not self.why_ignored(data, now_s):
            self.sale = self.sale.with_alert(data, now_s + self._link.alert_lasts_s(data, now_s))
