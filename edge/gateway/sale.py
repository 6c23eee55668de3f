"""The open sale of a till that speaks HTTP, followed from its events, and what its cashier should see. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from edge.till.messages import (
    Alert,
    CheckResult,
    IdChecked,
    ItemRemoved,
    Offer,
    RestrictedItem,
    SaleClosed,
    SaleOpened,
    SaleSuspended,
    Text,
)
from edge.till.reference.catalogue import Item
from edge.till.reference.sale import TillSale
from edge.till.reference.screen import Screen, screen
from edge.till.reference.state import EARLY_CHECK

if TYPE_CHECKING:
    from edge.till.envelope import Event
    from edge.till.messages import AgeRestrictedItem, Data

_MOST_SALES = 200
"""Suspended sales that are remembered for a till."""


@dataclass(frozen=True, slots=True)
class _EarlyCheck:
    sale_id: str
    at: datetime
    check: CheckResult


class FollowedSale:
    """The sales of one till. Times are of a monotonic clock, but for those of events, which are UTC."""

    def __init__(self) -> None:
        self.sale: TillSale | None = None
        """The open sale."""
        self._suspended: dict[str, TillSale] = {}
        self._early: list[_EarlyCheck] = []

    def follow(self, event: Event, now_s: float) -> None:
        """The till has sent this event."""
        data = event.content()
        if isinstance(data, SaleOpened):
            self._open(data, event.time, now_s)
        elif isinstance(data, IdChecked):
            self._check(data, event.time)
        elif sale := self._named(data):
            if isinstance(data, RestrictedItem):
                self.sale = sale.with_item(_item(data), now_s)
            elif isinstance(data, ItemRemoved):
                self.sale = _without(sale, data, now_s)
            elif isinstance(data, SaleSuspended):
                self._suspend(sale)
            elif isinstance(data, SaleClosed):
                self.sale = None
        if isinstance(data, SaleClosed):
            self._suspended.pop(data.sale_id, None)

    def show(self, alert: Alert, until_s: float) -> None:
        """There is an alert about the open sale. until_s: when it expires."""
        if self.sale:
            self.sale = self.sale.with_alert(alert, until_s)

    def offered(self, offer: Offer) -> None:
        """There is an offer for the open sale."""
        if self.sale:
            self.sale = replace(self.sale, offer=offer)

    def seen(self, alert_id: str | None) -> None:
        """The till has confirmed an alert, so its cashier could read it."""
        if self.sale and self.sale.alert and self.sale.alert.alert_id == alert_id:
            self.sale = replace(self.sale, alert_seen=True)

    def screen(self, *, silent: bool, clocks_agree: bool, now_s: float) -> Screen:
        """What the cashier should see now."""
        return screen(self.sale, silent=silent, clocks_agree=clocks_agree, now_s=now_s)

    def _named(self, data: Data) -> TillSale | None:
        """The open sale, if the message is about it."""
        sale = self.sale
        return sale if sale and sale.sale_id == getattr(data, "sale_id", None) else None

    def _open(self, data: SaleOpened, at: datetime, now_s: float) -> None:
        if self.sale and self.sale.sale_id == data.sale_id:
            return
        if self.sale:
            # The agent sets it aside, too.
            self._suspend(self.sale)
        before = data.resumes.sale_id if data.resumes else data.sale_id
        suspended = self._suspended.pop(data.sale_id, None) or self._suspended.pop(before, None)
        if suspended:
            self.sale = replace(suspended.resumed(now_s), sale_id=data.sale_id)
            return
        sale = TillSale(data.sale_id, training=data.training)
        if data.resumes and data.resumes.check:
            sale = sale.with_check(data.resumes.check)
        for early in self._early:
            if early.sale_id == data.sale_id and timedelta() <= at - early.at <= EARLY_CHECK:
                sale = sale.with_check(early.check)
        self._early = []
        self.sale = sale

    def _suspend(self, sale: TillSale) -> None:
        self._suspended[sale.sale_id] = sale
        if len(self._suspended) > _MOST_SALES:
            del self._suspended[next(iter(self._suspended))]
        self.sale = None

    def _check(self, data: IdChecked, at: datetime) -> None:
        check = CheckResult.model_validate(data.model_dump())
        if sale := self._named(data):
            self.sale = sale.with_check(check)
        elif data.sale_id not in self._suspended:
            self._early = [*self._early[-_MOST_SALES:], _EarlyCheck(data.sale_id, at, check)]


def _item(data: AgeRestrictedItem) -> Item:
    """A restricted item of the shop, of which only the number and the age matter."""
    return Item(data.sku or "-", Text(ru="", en=""), "-", 0.0, restricted=True, minimum_age=data.minimum_age)


def _without(sale: TillSale, data: ItemRemoved, now_s: float) -> TillSale:
    """The sale after an item was removed; afterwards it has the items that the message lists, if it lists them."""
    if data.remaining is None:
        known = next((item for item in sale.restricted if item.sku == (data.sku or "-")), None)
        return sale.without_item(_item(known), now_s) if known else sale
    if not data.remaining:
        return replace(sale, restricted=(), alert=None)
    after = replace(sale, restricted=data.remaining)
    if after.strictest == sale.strictest:
        return after
    stale = sale.alert is not None and sale.alert_age > after.strictest
    return replace(after, restricted_s=now_s, alert=None if stale else sale.alert)
