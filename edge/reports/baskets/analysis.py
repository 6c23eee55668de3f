"""Turns sums over purchases into the basket report: bands, amounts spent, and lifts of categories. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.decision.bands import UNKNOWN, name_between
from edge.reports.baskets.evidence import groups_of_at_least, membership
from edge.reports.baskets.lift import Z95, lifts, means_by_band
from edge.reports.discoveries import MAX_FALSE_DISCOVERY_RATE, false_discovery_rates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.baskets.lift import Lift
    from edge.reports.baskets.sums import Faults, Spent, Sums, Unknown


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Band:
    """An age band, several merged ones, or the customers of unknown age.

    customers: the sum of the customers' probabilities. effective: see `BandEvidence.effective`. share: of the customers
    of known age; None for the unknown ones. average: amount spent per basket; None if too few have all prices.
    """

    name: str
    customers: float
    effective: float
    share: Figure | None
    average: Figure | None


@dataclass(frozen=True, slots=True)
class CategoryLift:
    """A category in a band. share: of the band's baskets that contain it. lift: that share divided by the share of all
    baskets. rate: the false discovery rate of the lift differing from 1. more: baskets with the category beyond those
    of a band that buys like all; below 0 if fewer. money: what is paid for them; None if no price is known."""

    band: str
    category: str
    share: float
    lift: Figure
    rate: float
    more: float = 0.0
    money: float | None = None

    @property
    def stands_out(self) -> bool:
        """Whether the lift differs clearly from 1."""
        return self.rate <= MAX_FALSE_DISCOVERY_RATE


@dataclass(frozen=True, slots=True)
class BasketReport:
    """The figures. The names are those of the report's JSON.

    baskets: of customers of known age; None if there are too few to show. hidden_categories: number of categories with
    too few buyers to show. least: the smallest number of customers that is shown.
    """

    baskets: float | None
    bands: tuple[Band, ...]
    bought: tuple[CategoryLift, ...]
    hidden_categories: int
    least: int
    faults: Faults
    stores: tuple[str, ...]
    lanes: tuple[str, ...]

    @property
    def by_weight(self) -> list[CategoryLift]:
        """The lifts that differ clearly from 1, those that bring or cost the most first."""
        return sorted(self.findings, key=lambda found: (-abs(found.money or 0.0), -abs(found.more)))

    @property
    def findings(self) -> list[CategoryLift]:
        """The lifts that differ clearly from 1, by band, the highest first."""
        order = {band.name: number for number, band in enumerate(self.bands)}
        found = [lift for lift in self.bought if lift.stands_out]
        return sorted(found, key=lambda lift: (order[lift.band], -lift.lift.value))


def analyse(sums: Sums, edges: Sequence[int], min_customers: int) -> BasketReport:
    """Compute the report.

    edges: ages at which a new band begins. min_customers: a band with fewer is merged with a neighbour, so that it
    cannot be found by subtraction either.
    """
    groups = groups_of_at_least(sums.evidence, min_customers)
    names = [_name(group, edges) for group in groups]
    bands = _bands(sums, groups, names, min_customers)
    unknown = _unknown(sums.unknown, min_customers)
    bought, hidden = _bought(sums, groups, names, min_customers)
    return BasketReport(
        baskets=sums.evidence.baskets if groups else None,
        bands=(*bands, *([unknown] if unknown else [])),
        bought=tuple(bought),
        hidden_categories=hidden,
        least=min_customers,
        faults=sums.faults,
        stores=sums.stores,
        lanes=sums.lanes,
    )


def _name(group: Sequence[int], edges: Sequence[int]) -> str:
    low = 0 if group[0] == 0 else edges[group[0] - 1]
    return f"{low}+" if group[-1] == len(edges) else name_between(low, edges[group[-1]])


def _bands(sums: Sums, groups: list[list[int]], names: list[str], min_customers: int) -> list[Band]:
    if not groups:
        return []
    evidence = sums.evidence.joined(groups)
    averages = _averages(sums.spent, groups, min_customers)
    return [
        Band(
            name=name,
            customers=float(evidence.customers[number]),
            effective=float(evidence.effective[number]),
            share=_figure(float(evidence.shares[number]), float(evidence.share_variances[number]), highest=1.0),
            average=averages[number],
        )
        for number, name in enumerate(names)
    ]


def _averages(spent: Spent, groups: list[list[int]], min_customers: int) -> list[Figure | None]:
    """The amount spent per basket in each group. The minimum also applies to the baskets whose prices are all known."""
    evidence = spent.evidence.joined(groups)
    if (np.minimum(evidence.customers, evidence.effective) < min_customers).any():
        return [None] * len(groups)
    member = membership(groups)
    means, covariance = means_by_band(
        evidence,
        member @ spent.first,
        np.einsum("ai,bj,ck,ijk->abc", member, member, member, spent.by_three),
        member @ spent.squares @ member.T,
    )
    return [_figure(float(mean), float(variance)) for mean, variance in zip(means, np.diag(covariance), strict=True)]


def _unknown(unknown: Unknown, min_customers: int) -> Band | None:
    if unknown.baskets < min_customers:
        return None
    average = None
    if unknown.priced >= min_customers:
        mean = unknown.spent / unknown.priced
        average = _figure(mean, (unknown.spent_squared / unknown.priced - mean**2) / unknown.priced)
    return Band(UNKNOWN, unknown.baskets, unknown.baskets, None, average)


def _bought(
    sums: Sums, groups: list[list[int]], names: list[str], min_customers: int
) -> tuple[list[CategoryLift], int]:
    """The lifts, and the number of categories without any."""
    if not groups:
        return [], len(sums.categories)
    evidence, member = sums.evidence.joined(groups), membership(groups)
    found: list[tuple[str, str, Lift]] = []
    hidden = 0
    for category, (baskets, hits) in sums.categories.items():
        by_group = lifts(evidence, member @ hits) if baskets >= min_customers and len(groups) > 1 else [None]
        hidden += not any(by_group)
        found += [(name, category, lift) for name, lift in zip(names, by_group, strict=False) if lift]
    rates = false_discovery_rates([lift.p_value for _, _, lift in found])
    customers = dict(zip(names, evidence.customers, strict=True))
    lines = []
    for (name, category, lift), rate in zip(found, rates, strict=True):
        more = float(customers[name]) * (lift.share - sums.categories[category][0] / evidence.baskets)
        money = more * price if (price := _paid_per_basket(sums, category)) is not None else None
        figure = Figure(lift.value, lift.low, lift.high)
        lines.append(CategoryLift(name, category, lift.share, figure, rate, more, money))
    return lines, hidden


def _paid_per_basket(sums: Sums, category: str) -> float | None:
    """What is paid for a category in a basket that contains it."""
    articles, amount = sums.paid.get(category, (0, 0.0))
    baskets, _ = sums.categories[category]
    return amount / baskets if articles >= baskets else None


def _figure(value: float, variance: float, highest: float = math.inf) -> Figure:
    spread = Z95 * math.sqrt(max(variance, 0.0))
    return Figure(value, max(value - spread, 0.0), min(value + spread, highest))
