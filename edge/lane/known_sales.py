"""The sales that a lane knows: those that are open, those that wait to be resumed, and those that are over."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.lane.outcomes import NO_TILL
from edge.till.messages import SaleReference

if TYPE_CHECKING:
    from datetime import datetime

    from edge.lane.sale import Sale
    from edge.records.records import SaleRecord, Waiting

SALE_SILENT_S = 3600.0
"""A sale is abandoned when its till has sent nothing about it for this long."""

KEEP_WAITING_S: dict[Waiting, float] = {"announced": 600.0, "interrupted": SALE_SILENT_S, "suspended": 24 * 3600.0}
"""How long a sale waits to be opened or resumed."""

LATE_CHECK_S = 300.0
"""An ID check may be reported for this long after its sale was closed."""

_MAX_WAITING = 64
_MAX_OVER = 64
"""How many closed sales are remembered, so that a late repeat of an old message does not reopen one."""

SaleKey = tuple[str, str]
"""A till and its sale id. Tills may use an id again on another day."""


@dataclass(frozen=True, slots=True)
class OverSale:
    """A sale that has ended, and when, by the frames' clock."""

    record: SaleRecord
    over_s: float


class KnownSales:
    """Every till has at most one open sale. Times are seconds of the frames' clock."""

    def __init__(self) -> None:
        self._open: dict[str, Sale] = {}
        self._waiting: dict[SaleKey, Sale] = {}
        self._over: OrderedDict[SaleKey, OverSale] = OrderedDict()

    @property
    def open(self) -> tuple[Sale, ...]:
        """All open sales, also one that the zone opened."""
        return tuple(self._open.values())

    @property
    def of_tills(self) -> tuple[Sale, ...]:
        """The sales that tills have open."""
        return tuple(sale for till, sale in self._open.items() if till != NO_TILL)

    @property
    def unfinished(self) -> tuple[SaleRecord, ...]:
        """The records of all tills' sales that are open or waiting: all of them that must survive a crash."""
        return tuple(sale.record for sale in (*self.of_tills, *self._waiting.values()))

    def open_of(self, till: str) -> Sale | None:
        """The open sale of a till."""
        return self._open.get(till)

    def put(self, sale: Sale) -> None:
        """Add or replace the open sale of its till."""
        self._open[sale.till] = sale

    def remove(self, till: str) -> Sale | None:
        """Remove and return the open sale of a till."""
        return self._open.pop(till, None)

    def waiting_sale(self, key: SaleKey) -> Sale | None:
        """The waiting sale with this name."""
        return self._waiting.get(key)

    def put_waiting(self, sale: Sale) -> Sale | None:
        """Add or replace a waiting sale. Returns the oldest one when there are too many, which is removed."""
        self._waiting.pop((sale.till, sale.sale_id), None)
        self._waiting[sale.till, sale.sale_id] = sale
        return self._waiting.pop(next(iter(self._waiting))) if len(self._waiting) > _MAX_WAITING else None

    def take_silent(self, now_s: float) -> list[Sale]:
        """Remove and return the tills' sales whose time is over: silent ones, and ones that waited too long."""
        silent = [sale for sale in self.of_tills if now_s - sale.last_message_s > SALE_SILENT_S]
        for sale in silent:
            self.remove(sale.till)
        waited = [
            sale
            for sale in self._waiting.values()
            if sale.record.waiting and now_s - sale.last_message_s > KEEP_WAITING_S[sale.record.waiting]
        ]
        for sale in waited:
            del self._waiting[sale.till, sale.sale_id]
        return silent + waited

    def over(self, key: SaleKey, now_s: float, at: datetime) -> OverSale | None:
        """The sale with this name that is over, if it was opened on the local day of `at` or ended within the hour."""
        over = self._over.get(key)
        return over if over and (same_day(over.record, at) or now_s - over.over_s < SALE_SILENT_S) else None

    def last_over(self, key: SaleKey) -> OverSale | None:
        """The last sale with this name that is over, of whatever day."""
        return self._over.get(key)

    def put_over(self, record: SaleRecord, over_s: float) -> None:
        """Remember a sale that has ended."""
        key = (record.till, record.sale_id)
        self._over.pop(key, None)
        self._over[key] = OverSale(record, over_s)
        if len(self._over) > _MAX_OVER:
            self._over.popitem(last=False)

    def take(self, till: str, sale_id: str) -> Sale | None:
        """Remove and return the sale of a till with this id, open or waiting."""
        sale = self._open.get(till)
        if sale and sale.sale_id == sale_id:
            return self._open.pop(till)
        return self._waiting.pop((till, sale_id), None)

    def continue_over(self, record: SaleRecord) -> None:
        """A sale that was given up continues in this record. It is over no more, and under its name before it cannot be
        resumed or closed a second time: one sale would have two records."""
        key, origin = (record.till, record.sale_id), record.resumed_from
        if (over := self._over.get(key)) and over.record.opened_at == record.opened_at:
            del self._over[key]
        over = self._over.get((origin.till or record.till, origin.sale_id)) if origin else None
        if over and over.record.opened_at == record.opened_at:
            there = SaleReference(sale_id=record.sale_id, till=record.till, lane=record.lane)
            self.put_over(over.record.model_copy(update={"resumed_as": there}), over.over_s)

    def tills_with(self, sale_id: str) -> list[str]:
        """The tills that have a sale with this id, open, waiting or over."""
        keys = [*((sale.till, sale.sale_id) for sale in self.of_tills), *self._waiting, *self._over]
        return sorted({till for till, name in keys if name == sale_id})


def same_day(record: SaleRecord, at: datetime) -> bool:
    """Whether a sale was opened on the local day of `at`: on another day its id may name another sale."""
    return record.opened_at.astimezone().date() == at.astimezone().date()
