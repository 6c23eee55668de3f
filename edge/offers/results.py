"""The row that is kept of an offer for reports: an hour, a rule, and the outcome. Pure.

It contains no sale, till, cashier, track or person, no age and no basket. The band is the rule's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from edge.offers.book import OfferOutcome  # pydantic reads it
from edge.purchases.parquet import Layout
from edge.till.moments import Moment

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
"""Layout of the Parquet files with the results of offers."""

RESULTS_FOLDER = "offers"
"""Their folder, beside the daily folders of purchases."""


class OfferRow(BaseModel):
    """time: the hour in which the sale was closed, by the box's clock. sheet: when the sheet was made. band, category,
    sku: of the rule. bought: whether the goods were in the final basket."""

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


def result_of(record: SaleRecord, offer: ResolvedOffer | None, store: str) -> OfferRow | None:
    """The row of a closed sale; None when no rule matched, or when it is unknown what was bought."""
    at = record.closed_at
    if offer is None or offer.bought is None or at is None:
        return None
    rule = offer.offered.rule
    return OfferRow(
        time=at.replace(minute=0, second=0, microsecond=0),
        store=store,
        lane=record.lane,
        sheet=offer.offered.sheet,
        rule=rule.name,
        band=rule.band,
        category=rule.offer.category,
        sku=rule.offer.sku,
        outcome=offer.outcome,
        bought=offer.bought,
    )
