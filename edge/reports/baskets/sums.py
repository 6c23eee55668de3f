"""The sums over purchases that all figures come from, and what must be left out. Written with Ibis, for whatever engine
the table is on: it hands over some hundred numbers, and a few for each category, however many purchases there are."""

from __future__ import annotations

import operator
from dataclasses import astuple, dataclass, field
from itertools import combinations_with_replacement, permutations
from typing import TYPE_CHECKING, Any, TypeVar

import ibis
import numpy as np

from edge.reports.baskets.evidence import BandEvidence
from edge.reports.engine import held

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

MOST_QUANTITY = 10_000
"""Of one line: a higher one is a mistake."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What was left out. sales_*: whole purchases; lines_*: single lines of purchases that are counted.

    sales_in_future: by the clock of the box that kept them. sales_in_other_bands: kept under other settings.
    sales_without_basket: no line, or none that can be used. lines_without_category: counted in what was spent only.
    baskets_without_price: counted in everything but what was spent.
    """

    sales_in_future: int = 0
    sales_in_other_bands: int = 0
    sales_without_basket: int = 0
    lines_of_odd_quantity: int = 0
    lines_of_odd_price: int = 0
    lines_without_category: int = 0
    baskets_without_price: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent in the baskets whose prices are all known. first: float64 (B,). by_three: (B, B, B). squares: (B,
    B). See `edge.reports.baskets.lift.means_by_band`."""

    evidence: BandEvidence
    first: NDArray[np.float64]
    by_three: NDArray[np.float64]
    squares: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Unknown:
    """The baskets of customers whose age is not known. spent, spent_squared: sums over those that are priced."""

    baskets: int = 0
    priced: int = 0
    spent: float = 0.0
    spent_squared: float = 0.0


@dataclass(frozen=True, slots=True)
class Sums:
    """categories: by name, how many baskets hold it, and the sum of their p, float64 (B,)."""

    evidence: BandEvidence
    spent: Spent
    unknown: Unknown = Unknown()
    categories: dict[str, tuple[int, NDArray[np.float64]]] = field(default_factory=dict)
    faults: Faults = Faults()
    stores: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()


_Counts = TypeVar("_Counts", Faults, Unknown)


def nothing(bands: int) -> Sums:
    """The sums over no purchase at all."""
    none = BandEvidence(np.zeros((bands,) * 4))
    return Sums(none, Spent(none, np.zeros(bands), np.zeros((bands,) * 3), np.zeros((bands,) * 2)))


def joined(parts: Sequence[Sums]) -> Sums:
    """The sums over all purchases of the parts. There must be one part at least."""
    first, *others = parts
    for one in others:
        categories = dict(first.categories)
        for name, (baskets, hits) in one.categories.items():
            before, hits_before = categories.get(name, (0, np.zeros_like(hits)))
            categories[name] = before + baskets, hits_before + hits
        first = Sums(
            evidence=BandEvidence(first.evidence.fourth + one.evidence.fourth),
            spent=Spent(
                BandEvidence(first.spent.evidence.fourth + one.spent.evidence.fourth),
                first.spent.first + one.spent.first,
                first.spent.by_three + one.spent.by_three,
                first.spent.squares + one.spent.squares,
            ),
            unknown=_added(first.unknown, one.unknown),
            categories=dict(sorted(categories.items())),
            faults=_added(first.faults, one.faults),
            stores=tuple(sorted({*first.stores, *one.stores})),
            lanes=tuple(sorted({*first.lanes, *one.lanes})),
        )
    return first


def _added(one: _Counts, other: _Counts) -> _Counts:
    return type(one)(*map(operator.add, astuple(one), astuple(other)))


def sum_up(
    purchases: ibis.Table, edges: Sequence[int], since: datetime, until: datetime, now: datetime, max_price: float
) -> Sums:
    """The sums over the purchases of a period.

    purchases: with the columns of `edge.purchases.purchases.Purchase`. edges: of the bands. max_price: of one; a higher
    one is a mistake. Raises what the engine raises.
    """
    with held(_judged(purchases, edges, max_price)) as judged:
        return _summed(judged, len(edges) + 1, since, until, now)


def _summed(judged: ibis.Table, bands: int, since: datetime, until: datetime, now: datetime) -> Sums:
    present = judged.filter((judged.time >= _at(since)) & (judged.time < _at(until)) & (judged.time <= _at(now)))
    usable = present.filter(present.same_bands & (present.usable_lines > 0))
    known = usable.filter(usable.knows_band)
    priced = known.filter(known.spent.notnull())
    found = _one(_overview(present))
    return Sums(
        evidence=_evidence(known, bands),
        spent=_spent(priced, bands),
        unknown=Unknown(**_one(_unknown(usable.filter(~usable.knows_band)))),
        categories=_categories(known, bands),
        faults=Faults(
            sales_in_future=_one(judged.filter(judged.time > _at(now)).aggregate(n=ibis._.count()))["n"],
            **{name: int(found[name] or 0) for name in Faults.__slots__ if name in found},
        ),
        stores=tuple(sorted(found["stores"] or ())),
        lanes=tuple(sorted(found["lanes"] or ())),
    )


def _judged(purchases: ibis.Table, edges: Sequence[int], max_price: float) -> ibis.Table:
    """What can be used of each, worked out once for all sums. p0, p1, ...: how likely each band is; null where none is
    known. spent: null where a price is missing. categories: each once."""
    same = purchases.band_edges == ibis.array(list(edges)).cast("array<int32>")
    probs = purchases.band_probs
    possible = probs.filter(lambda share: share.between(0, 1)).length() == len(edges) + 1
    whole = possible & (probs.length() == len(edges) + 1) & probs.sums().between(0.99, 1.01)
    # Who is in no band at all, or in several for certain, would spoil the sums of all others.
    knows_band = whole.fill_null(False)

    def sound(line: Any) -> Any:
        return _usual_quantity(line) & _usual_price(line, max_price)

    table = purchases.mutate(good=purchases.lines.filter(sound))
    good, lines = table.good, table.lines
    names = good.map(lambda line: line.category)
    unpriced = good.filter(lambda line: line.price.isnull()).length()
    spent = good.map(lambda line: line.quantity * line.price).sums()
    return table.select(
        "time",
        "store",
        "lane",
        same_bands=same,
        knows_band=knows_band,
        usable_lines=good.length(),
        odd_quantity=lines.filter(lambda line: ~_usual_quantity(line)).length(),
        odd_price=lines.filter(lambda line: _usual_quantity(line) & ~_usual_price(line, max_price)).length(),
        no_category=names.filter(lambda name: name.isnull()).length(),
        categories=names.filter(lambda name: name.notnull()).unique(),
        spent=(unpriced == 0).ifelse(spent, ibis.null("float64")),
        **{
            f"p{band}": knows_band.ifelse(probs[band] / probs.sums(), ibis.null("float64"))
            for band in range(len(edges) + 1)
        },
    )


def _usual_quantity(line: Any) -> Any:
    return (line.quantity > 0) & (line.quantity <= MOST_QUANTITY)


def _usual_price(line: Any, max_price: float) -> Any:
    return line.price.isnull() | line.price.between(0, max_price)


def _overview(present: ibis.Table) -> ibis.Table:
    counted = present.same_bands & (present.usable_lines > 0)

    def lines(count: Any) -> Any:
        return count.sum(where=present.same_bands)

    return present.aggregate(
        stores=present.store.collect(distinct=True),
        lanes=present.lane.collect(distinct=True),
        sales_in_other_bands=(~present.same_bands).sum(),
        sales_without_basket=(present.same_bands & (present.usable_lines == 0)).sum(),
        lines_of_odd_quantity=lines(present.odd_quantity),
        lines_of_odd_price=lines(present.odd_price),
        lines_without_category=lines(present.no_category),
        baskets_without_price=(counted & present.spent.isnull()).sum(),
    )


def _unknown(unknown: ibis.Table) -> ibis.Table:
    return unknown.aggregate(
        baskets=unknown.count(),
        priced=unknown.spent.count(),
        spent=unknown.spent.sum().fill_null(0.0),
        spent_squared=(unknown.spent * unknown.spent).sum().fill_null(0.0),
    )


def _categories(known: ibis.Table, bands: int) -> dict[str, tuple[int, NDArray[np.float64]]]:
    each = known.select(*(f"p{band}" for band in range(bands)), category=known.categories.unnest())
    sums = each.group_by("category").aggregate(
        baskets=each.count(), **{f"p{band}": each[f"p{band}"].sum() for band in range(bands)}
    )
    return {
        row["category"]: (row["baskets"], np.array([row[f"p{band}"] for band in range(bands)]))
        for row in sums.order_by("category").to_pyarrow().to_pylist()
    }


def _evidence(known: ibis.Table, bands: int) -> BandEvidence:
    return BandEvidence(_moments(known, bands, 4))


def _spent(priced: ibis.Table, bands: int) -> Spent:
    return Spent(
        evidence=_evidence(priced, bands),
        first=_moments(priced, bands, 1, priced.spent),
        by_three=_moments(priced, bands, 3, priced.spent),
        squares=_moments(priced, bands, 2, priced.spent * priced.spent),
    )


def _moments(known: ibis.Table, bands: int, factors: int, amount: Any = None) -> NDArray[np.float64]:
    """float64 (B,) * factors: the sums of the products of so many probabilities, and of the amount if there is one."""
    sums = {}
    for chosen in combinations_with_replacement(range(bands), factors):
        product = amount
        for band in chosen:
            column = known[f"p{band}"]
            product = column if product is None else product * column
        sums["_".join(map(str, chosen))] = product.sum()
    row = _one(known.aggregate(**sums))
    whole = np.zeros((bands,) * factors)
    for chosen in combinations_with_replacement(range(bands), factors):
        for places in set(permutations(chosen)):
            whole[places] = row["_".join(map(str, chosen))] or 0.0
    return whole


def _one(table: ibis.Table) -> dict[str, Any]:
    (row,) = table.to_pyarrow().to_pylist()
    return dict(row)


def _at(moment: datetime) -> Any:
    return ibis.literal(moment, type="timestamp('UTC')")
