"""The results of offers that are not filed yet, in the lane's database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.purchases.store import DayStore

if TYPE_CHECKING:
    from edge.records.database import Database


class OfferStore(DayStore):
    """Rows of `edge.offers.results.OfferRow`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "offer")
