"""Aggregates purchases into the sums of the basket report. Written with Ibis, for DuckDB and Spark.

The engine returns a few hundred numbers, and a few for each category, for any number of purchases.
"""

from __future__ import annotations

from datetime import timezone
from itertools import combinations_with_replacement, permutations
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from edge.reports.baskets.evidence import BandEvidence
from edge.reports.baskets.sums import Faults, Spent, Sums, Unknown
from edge.reports.engine import materialized, rows, utc
from edge.reports.limits import PROBABILITY_SUMS
from edge.reports.netting import netted, odd_prices, odd_quantities

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from edge.reports.period import Period


def aggregate(purchases: ibis.Table, edges: Sequence[int], period: Period, now: datetime, max_price: float) -> Sums:
    """The sums over the purchases of a period.

    purchases: with the columns of `edge.purchases.purchases.Purchase`. edges: ages at which a new band begins.
    max_price: of one item, also below 0; anything beyond is treated as a mistake. Raises the engine's errors.
    """
    with materialized(_validated(purchases, edges, max_price)) as validated:
        return _sums(validated, len(edges) + 1, period, now)


def _sums(validated: ibis.Table, bands: int, period: Period, now: datetime) -> Sums:
    present = validated.filter(
        (validated.time >= utc(period.since)) & (validated.time < utc(period.until)) & (validated.time <= utc(now))
    )
    usable = present.filter(present.same_bands & (present.bought > 0))
    known = usable.filter(usable.knows_band)
    priced = known.filter(known.spent.notnull())
    overview = _only_row(_overview(present))
    in_future = _only_row(validated.filter(validated.time > utc(now)).aggregate(sales=ibis._.count()))["sales"]
    return Sums(
        evidence=BandEvidence(_moments(known, bands, 4)),
        spent=_spent(priced, bands),
        unknown=Unknown(**_only_row(_unknown(usable.filter(~usable.knows_band)))),
        categories=_categories(known, bands),
        faults=Faults(
            sales_in_future=in_future,
            **{name: int(overview[name] or 0) for name in Faults.__slots__ if name in overview},
        ),
        stores=tuple(sorted(overview["stores"] or ())),
        lanes=tuple(sorted(overview["lanes"] or ())),
        paid=_paid(known),
        hours=_hours(known, bands),
    )


def _validated(purchases: ibis.Table, edges: Sequence[int], max_price: float) -> ibis.Table:
    """For each purchase, what is valid and what is not; materialized once for all sums.

    p0, p1, ...: probability of each band; null for an unknown age. bought: number of articles, without what
    was voided or returned. spent: null if a price is missing. categories: each once.
    """
    same_bands = purchases.band_edges == ibis.array(list(edges)).cast("array<int32>")
    probs = purchases.band_probs
    possible = probs.filter(lambda share: share.between(0, 1)).length() == len(edges) + 1
    whole = possible & (probs.length() == len(edges) + 1) & probs.sums().between(*PROBABILITY_SUMS)
    # Probabilities that do not sum to 1 would distort the sums of all other customers.
    knows_band = whole.fill_null(False)

    table = purchases.mutate(articles=netted(purchases.lines, max_price))
    articles, lines = table.articles, table.lines
    table = table.mutate(bought=articles.filter(lambda article: article.quantity > 0))
    unpriced = articles.filter(lambda article: article.amount.isnull()).length()
    spent = articles.map(lambda article: article.amount).sums()
    return table.select(
        "time",
        "store",
        "lane",
        same_bands=same_bands,
        knows_band=knows_band,
        bought=table.bought.length(),
        odd_quantity=odd_quantities(lines),
        odd_price=odd_prices(lines, max_price),
        returned=_number_of_articles(articles, lambda article: (article.quantity < 0) & article.category.notnull()),
        no_category=_number_of_articles(table.bought, lambda article: article.category.isnull()),
        categories=table.bought.filter(lambda article: article.category.notnull())
        .map(lambda article: article.category)
        .unique(),
        paid=table.bought.filter(lambda article: article.category.notnull() & article.amount.notnull()).map(
            lambda article: ibis.struct({"category": article.category, "amount": article.amount})
        ),
        spent=(unpriced == 0).ifelse(spent, ibis.null("float64")),
        **{
            f"p{band}": knows_band.ifelse(probs[band] / probs.sums(), ibis.null("float64"))
            for band in range(len(edges) + 1)
        },
    )


def _number_of_articles(articles: Any, is_counted: Any) -> Any:
    """Each article once, on however many lines it is."""
    return articles.filter(is_counted).map(lambda article: article.sku).unique().length()


def _overview(present: ibis.Table) -> ibis.Table:
    """The names of stores and lanes, and the columns of `Faults` except sales_in_future, in one row."""
    counted = present.same_bands & (present.bought > 0)

    def lines(count: Any) -> Any:
        return count.sum(where=present.same_bands)

    return present.aggregate(
        stores=present.store.collect(distinct=True),
        lanes=present.lane.collect(distinct=True),
        sales_in_other_bands=(~present.same_bands).sum(),
        sales_without_basket=(present.same_bands & (present.bought == 0)).sum(),
        lines_of_odd_quantity=lines(present.odd_quantity),
        lines_of_odd_price=lines(present.odd_price),
        lines_returned=lines(present.returned),
        lines_without_category=lines(present.no_category),
        baskets_without_price=(counted & present.spent.isnull()).sum(),
    )


def _unknown(unknown: ibis.Table) -> ibis.Table:
    """The columns of `Unknown`, in one row."""
    return unknown.aggregate(
        baskets=unknown.count(),
        priced=unknown.spent.count(),
        spent=unknown.spent.sum().fill_null(0.0),
        spent_squared=(unknown.spent * unknown.spent).sum().fill_null(0.0),
    )


def _categories(known: ibis.Table, bands: int) -> dict[str, tuple[int, NDArray[np.float64]]]:
    """See `Sums.categories`."""
    unnested = known.select(*(f"p{band}" for band in range(bands)), category=known.categories.unnest())
    sums = unnested.group_by("category").aggregate(
        baskets=unnested.count(), **{f"p{band}": unnested[f"p{band}"].sum() for band in range(bands)}
    )
    return {
        row["category"]: (row["baskets"], np.array([row[f"p{band}"] for band in range(bands)]))
        for row in rows(sums.order_by("category"))
    }


def _paid(known: ibis.Table) -> dict[str, tuple[int, float]]:
    """See `Sums.paid`."""
    unnested = known.select(paid=known.paid.unnest())
    unnested = unnested.select(category=unnested.paid.category, amount=unnested.paid.amount)
    sums = unnested.group_by("category").aggregate(articles=unnested.count(), amount=unnested.amount.sum())
    return {row["category"]: (row["articles"], row["amount"]) for row in rows(sums.order_by("category"))}


def _hours(known: ibis.Table, bands: int) -> dict[datetime, NDArray[np.float64]]:
    """See `Sums.hours`."""
    sums = known.group_by("time").aggregate(**{f"p{band}": known[f"p{band}"].sum() for band in range(bands)})
    return {
        row["time"].astimezone(timezone.utc): np.array([row[f"p{band}"] for band in range(bands)])
        for row in rows(sums.order_by("time"))
    }


def _spent(priced: ibis.Table, bands: int) -> Spent:
    return Spent(
        evidence=BandEvidence(_moments(priced, bands, 4)),
        first=_moments(priced, bands, 1, priced.spent),
        by_three=_moments(priced, bands, 3, priced.spent),
        squares=_moments(priced, bands, 2, priced.spent * priced.spent),
    )


def _moments(known: ibis.Table, bands: int, factors: int, amount: Any = None) -> NDArray[np.float64]:
    """float64 (B,) * factors: the sums over baskets of the product of `factors` band probabilities, times `amount`."""
    sums = {}
    for chosen in combinations_with_replacement(range(bands), factors):
        product = amount
        for band in chosen:
            column = known[f"p{band}"]
            product = column if product is None else product * column
        sums["_".join(map(str, chosen))] = product.sum()
    row = _only_row(known.aggregate(**sums))
    whole = np.zeros((bands,) * factors)
    for chosen in combinations_with_replacement(range(bands), factors):
        for places in set(permutations(chosen)):
            whole[places] = row["_".join(map(str, chosen))] or 0.0
    return whole


def _only_row(table: ibis.Table) -> dict[str, Any]:
    (row,) = rows(table)
    return row
