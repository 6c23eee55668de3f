"""What an offer leaves for the analysis: an hour, a rule, and what became of it. Pure.

No sale, till, cashier, track or person is named, no age and no basket: the band is the rule's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from edge.offers.book import OfferOutcome  # pydantic reads it
from edge.purchases.parquet import Layout
from edge.till.messages import Moment

if TYPE_CHECKING:
    from edge.offers.book import ResolvedOffer
    from edge.records.records import SaleRecord

RESULTS = Layout(
    "edge_agent_offers",
    1,
    {
        "time": "TIMESTAMP WITH TIME ZONE",
        "store": "VARCHAR",
        "lane": "VARCHAR",
        "sheet": "TIMESTAMP WITH TIME ZONE",
        "rule": "VARCHAR",
        "band": "VARCHAR",
        "category": "VARCHAR",
        "sku": "VARCHAR",
        "outcome": "VARCHAR",
        "bought": "BOOLEAN",
    },
)
"""Of the files, in the folder `offers` beside the days of purchases."""

RESULTS_FOLDER = "offers"


class OfferRow(BaseModel):
    """A row. time: the hour, by the box's clock, in which the sale was closed. sheet: when it was made. band, category,
    sku: the rule's. bought: whether the goods were in the basket in the end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time: Moment
    store: str
    lane: str
    sheet: Moment
    rule: str
    band: str
    category: str | None
    sku: str | None
    outcome: OfferOutcome
    bought: bool


def result_of(record: SaleRecord, became: ResolvedOffer | None, store: str) -> OfferRow | None:
    """The row of a sale; None when no offer fitted, or nobody knows what was bought."""
    at = record.closed_at
    if became is None or became.bought is None or at is None:
        return None
    rule = became.offered.rule
    return OfferRow(
        time=at.replace(minute=0, second=0, microsecond=0),
        store=store,
        lane=record.lane,
        sheet=became.offered.sheet,
        rule=rule.name,
        band=rule.band,
        category=rule.offer.category,
        sku=rule.offer.sku,
        outcome=became.outcome,
        bought=became.bought,
    )
