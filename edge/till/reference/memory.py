"""What a till has sent about its last sales, to send it again to an agent that may not know it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.till.messages import RestrictedItem, SaleOpened

if TYPE_CHECKING:
    from edge.till.envelope import Event
    from edge.till.messages import AgeRestrictedItem

_MOST_REMEMBERED = 300
"""Openings, and scans, that are remembered."""


class SaleMemory:
    """The openings and the scans of restricted items."""

    def __init__(self) -> None:
        self._openings: dict[str, SaleOpened] = {}
        self._scans: dict[str, Event] = {}

    def add(self, event: Event) -> None:
        """The till has sent this message."""
        data = event.content()
        if isinstance(data, SaleOpened):
            self._openings[data.sale_id] = data
        elif isinstance(data, RestrictedItem):
            self._scans[event.id] = event
        for kept in (self._openings, self._scans):
            if len(kept) > _MOST_REMEMBERED:
                del kept[next(iter(kept))]

    def opening(self, sale_id: str) -> SaleOpened:
        """How a sale was opened."""
        return self._openings.get(sale_id, SaleOpened(sale_id=sale_id))

    def scan(self, sale_id: str, item: AgeRestrictedItem) -> Event | None:
        """The last message about a scan of this item. With its id the agent counts it once, however often it is sent.
        None for an item of a sale that was resumed: another till has scanned it."""
        for event in reversed(self._scans.values()):
            data = event.content()
            # A scan without a sku may be of any item.
            if (
                isinstance(data, RestrictedItem)
                and (data.sale_id, data.minimum_age) == (sale_id, item.minimum_age)
                and data.sku in (None, item.sku)
            ):
                return event
        return None
