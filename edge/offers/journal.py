"""What became of offers and is not filed yet, in the lane's database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.insights.journal import DayJournal

if TYPE_CHECKING:
    from edge.database import Database


class OfferJournal(DayJournal):
    """Rows of `edge.offers.results.Result`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "offer")
