"""What each age band buys, as values: bands, their baskets, and the categories that they buy more or less of. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.decision.bands import UNKNOWN, name_between
from edge.reports.baskets.evidence import groups_of_at_least, membership
from edge.reports.baskets.lift import Z95, lifts, means_by_band
from edge.reports.discoveries import FALSE_DISCOVERIES, false_discovery_rates

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
    """customers: each counted in parts. effective: as many of surely known age would tell as much. share: of the
    customers of known age; None for those of unknown. average: spent in a basket; None where too few have prices."""

    name: str
    customers: float
    effective: float
    share: Figure | None
    average: Figure | None


@dataclass(frozen=True, slots=True)
class CategoryLift:
    """A category in a band. share: of the band's baskets. lift: how often, by how often everybody buys it. rate: the
    share of chance findings among all that are at least as striking."""

    band: str
    category: str
    share: float
    lift: Figure
    rate: float

    @property
    def stands_out(self) -> bool:
        return self.rate <= FALSE_DISCOVERIES


@dataclass(frozen=True, slots=True)
class BasketReport:
    """baskets: of customers of known age; None where they are too few to be told. hidden_categories: bought by too few
    customers to be shown, or to say anything."""

    baskets: float | None
    bands: tuple[Band, ...]
    bought: tuple[CategoryLift, ...]
    hidden_categories: int
    least: int
    faults: Faults
    stores: tuple[str, ...]
    lanes: tuple[str, ...]

    @property
    def findings(self) -> list[CategoryLift]:
        """What stands out, by band, the highest lift first."""
        order = {band.name: number for number, band in enumerate(self.bands)}
        found = [one for one in self.bought if one.stands_out]
        return sorted(found, key=lambda one: (order[one.band], -one.lift.value))


def analyse(sums: Sums, edges: Sequence[int], least: int) -> BasketReport:
    """edges: of the bands. least: no band with fewer customers is shown by itself, nor can it be found by subtraction:
    it is joined with a neighbour."""
    groups = groups_of_at_least(sums.evidence, least)
    names = [_name(group, edges) for group in groups]
    bands = _bands(sums, groups, names, least)
    unknown = _unknown(sums.unknown, least)
    bought, hidden = _bought(sums, groups, names, least)
    return BasketReport(
        baskets=sums.evidence.baskets if groups else None,
        bands=(*bands, *([unknown] if unknown else [])),
        bought=tuple(bought),
        hidden_categories=hidden,
        least=least,
        faults=sums.faults,
        stores=sums.stores,
        lanes=sums.lanes,
    )


def _name(group: Sequence[int], edges: Sequence[int]) -> str:
    low = 0 if group[0] == 0 else edges[group[0] - 1]
    return f"{low}+" if group[-1] == len(edges) else name_between(low, edges[group[-1]])


def _bands(sums: Sums, groups: list[list[int]], names: list[str], least: int) -> list[Band]:
    if not groups:
        return []
    evidence = sums.evidence.joined(groups)
    averages = _averages(sums.spent, groups, least)
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


def _averages(spent: Spent, groups: list[list[int]], least: int) -> list[Figure | None]:
    evidence = spent.evidence.joined(groups)
    # Fewer baskets have all their prices than there are baskets: it must be as many of them, too.
    if (np.minimum(evidence.customers, evidence.effective) < least).any():
        return [None] * len(groups)
    member = membership(groups)
    means, covariance = means_by_band(
        evidence,
        member @ spent.first,
        np.einsum("ai,bj,ck,ijk->abc", member, member, member, spent.by_three),
        member @ spent.squares @ member.T,
    )
    return [_figure(float(mean), float(variance)) for mean, variance in zip(means, np.diag(covariance), strict=True)]


def _unknown(unknown: Unknown, least: int) -> Band | None:
    if unknown.baskets < least:
        return None
    average = None
    if unknown.priced >= least:
        mean = unknown.spent / unknown.priced
        average = _figure(mean, (unknown.spent_squared / unknown.priced - mean**2) / unknown.priced)
    return Band(UNKNOWN, unknown.baskets, unknown.baskets, None, average)


def _bought(sums: Sums, groups: list[list[int]], names: list[str], least: int) -> tuple[list[CategoryLift], int]:
    if not groups:
        return [], len(sums.categories)
    evidence, member = sums.evidence.joined(groups), membership(groups)
    found: list[tuple[str, str, Lift]] = []
    hidden = 0
    for category, (baskets, hits) in sums.categories.items():
        each = lifts(evidence, member @ hits) if baskets >= least and len(groups) > 1 else [None]
        hidden += not any(each)
        found += [(name, category, one) for name, one in zip(names, each, strict=False) if one]
    rates = false_discovery_rates([one.p_value for _, _, one in found])
    return [
        CategoryLift(name, category, one.share, Figure(one.value, one.low, one.high), rate)
        for (name, category, one), rate in zip(found, rates, strict=True)
    ], hidden


def _figure(value: float, variance: float, highest: float = math.inf) -> Figure:
    spread = Z95 * math.sqrt(max(variance, 0.0))
    return Figure(value, max(value - spread, 0.0), min(value + spread, highest))
