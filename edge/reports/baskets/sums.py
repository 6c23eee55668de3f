"""The sums over purchases from which all figures of the basket report are computed. Sums can be added. Pure."""

from __future__ import annotations

import operator
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from edge.reports.baskets.evidence import BandEvidence

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Faults:
    """How much is missing from the figures. The names are those of the report's JSON.

    sales_*: whole purchases, not counted at all. lines_*: single lines of purchases that are counted.
    sales_in_future: later than now, by the clock of the box that recorded them.
    sales_in_other_bands: recorded with other band edges.
    sales_without_basket: nothing was bought: no valid line, or all of it voided or returned.
    lines_returned: articles of which more was returned than bought. They are not bought; what was paid back is in the
    amount spent.
    lines_without_category: count in the amount spent only.
    baskets_without_price: count in everything except the amount spent.
    """

    sales_in_future: int = 0
    sales_in_other_bands: int = 0
    sales_without_basket: int = 0
    lines_of_odd_quantity: int = 0
    lines_of_odd_price: int = 0
    lines_returned: int = 0
    lines_without_category: int = 0
    baskets_without_price: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    """The amounts spent in the baskets whose prices are all known.

    first: float64 (B,). by_three: (B, B, B). squares: (B, B). See `edge.reports.baskets.lift.means_by_band`.
    """

    evidence: BandEvidence
    first: NDArray[np.float64]
    by_three: NDArray[np.float64]
    squares: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Unknown:
    """The baskets of customers of unknown age. priced: those whose prices are all known. spent, spent_squared: sums
    over the priced ones."""

    baskets: int = 0
    priced: int = 0
    spent: float = 0.0
    spent_squared: float = 0.0


@dataclass(frozen=True, slots=True)
class Sums:
    """categories: for each name, the number of baskets with it and the sum of their band probabilities, float64 (B,).
    stores, lanes: sorted names. paid: for each category, the number of articles of known price, and what was paid for
    them. hours: for each hour, the sum of the band probabilities of its customers, float64 (B,)."""

    evidence: BandEvidence
    spent: Spent
    unknown: Unknown = Unknown()
    categories: dict[str, tuple[int, NDArray[np.float64]]] = field(default_factory=dict)
    faults: Faults = Faults()
    stores: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()
    paid: dict[str, tuple[int, float]] = field(default_factory=dict)
    hours: dict[datetime, NDArray[np.float64]] = field(default_factory=dict)


_Counts = TypeVar("_Counts", Faults, Unknown)


def no_sums(bands: int) -> Sums:
    """The sums over no purchases. bands: their number."""
    evidence = BandEvidence(np.zeros((bands,) * 4))
    return Sums(evidence, Spent(evidence, np.zeros(bands), np.zeros((bands,) * 3), np.zeros((bands,) * 2)))


def add(first: Sums, second: Sums) -> Sums:
    """The sums over the purchases of both."""
    categories = dict(first.categories)
    for name, (baskets, hits) in second.categories.items():
        baskets_before, hits_before = categories.get(name, (0, np.zeros_like(hits)))
        categories[name] = baskets_before + baskets, hits_before + hits
    return Sums(
        evidence=BandEvidence(first.evidence.fourth + second.evidence.fourth),
        spent=Spent(
            BandEvidence(first.spent.evidence.fourth + second.spent.evidence.fourth),
            first.spent.first + second.spent.first,
            first.spent.by_three + second.spent.by_three,
            first.spent.squares + second.spent.squares,
        ),
        unknown=_add_counts(first.unknown, second.unknown),
        categories=dict(sorted(categories.items())),
        faults=_add_counts(first.faults, second.faults),
        stores=tuple(sorted({*first.stores, *second.stores})),
        lanes=tuple(sorted({*first.lanes, *second.lanes})),
        paid=_add_paid(first.paid, second.paid),
        hours={
            hour: sum((sums.hours[hour] for sums in (first, second) if hour in sums.hours), np.zeros(1))
            for hour in sorted({*first.hours, *second.hours})
        },
    )


def _add_paid(
    first: dict[str, tuple[int, float]], second: dict[str, tuple[int, float]]
) -> dict[str, tuple[int, float]]:
    both = dict(first)
    for name, (articles, amount) in second.items():
        before, amount_before = both.get(name, (0, 0.0))
        both[name] = before + articles, amount_before + amount
    return dict(sorted(both.items()))


def _add_counts(first: _Counts, second: _Counts) -> _Counts:
    return type(first)(*map(operator.add, astuple(first), astuple(second)))
