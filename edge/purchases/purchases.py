"""The row that is kept of a closed sale for reports: an hour, a lane, age band probabilities and a basket. Pure.

It contains no sale, till, cashier, track or person, and no single age: two purchases of one customer cannot be joined.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from edge.decision.bands import UNKNOWN, band_names, band_probabilities
from edge.purchases.goods import basket_contents, categories_of
from edge.till.moments import Moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.decision.fusion import TrackAge
    from edge.records.records import SaleRecord
    from edge.settings.sections import InsightsSettings
    from edge.till.messages import BasketLine


class PurchaseLine(BaseModel):
    """A line of a basket, as the till sent it: also voids, returns and discounts, see `edge.reports.netting`.

    category: None when neither the till nor the catalogue knows it. sku: empty for an amount without goods. price: of
    one unit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    category: str | None
    sku: str
    quantity: float
    price: float | None


class Purchase(BaseModel):
    """time: the hour in which the sale was closed, by the box's clock. band: the likeliest, or `unknown`. band_edges:
    ages at which the next band begins. band_probs: probability of each band, None when the age is unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time: Moment
    store: str
    lane: str
    band: str
    band_edges: tuple[int, ...]
    band_probs: tuple[float, ...] | None
    lines: tuple[PurchaseLine, ...]


def purchase_of(
    record: SaleRecord, basket: tuple[BasketLine, ...] | None, age: TrackAge | None, store: str,
    settings: InsightsSettings, catalogue: Mapping[str, str],
) -> Purchase | None:  # fmt: skip
    """The row of a closed sale; None when its till did not close it, or when it was cancelled and nothing was bought.

    catalogue: category by sku, for lines without a category. Lines without a sku are left out unless they have a price:
    a discount or a deposit counts in what was spent.
    """
    at = record.closed_at
    if basket is None or at is None:
        return None
    if record.ended == "cancelled" and not any(basket_contents(basket, catalogue)):
        return None
    edges = settings.bands
    probs = band_probabilities(age.distribution, edges) if age else None
    return Purchase(
        time=_hour(at),
        store=store,
        lane=record.lane,
        band=band_names(edges)[probs.index(max(probs))] if probs else UNKNOWN,
        band_edges=edges,
        band_probs=probs,
        lines=tuple(
            PurchaseLine(category=category, sku=line.sku, quantity=line.quantity, price=line.price)
            if line.sku
            else PurchaseLine(category=None, sku="", quantity=line.quantity, price=line.price)
            for line, category in zip(basket, categories_of(basket, catalogue), strict=True)
            if line.sku or line.price is not None
        ),
    )


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
