"""Association rules per age band, from sales whose customers' ages are known only by probabilities. Pure.

Candidates are what mlxtend finds often together (FP-growth: Han, Pei and Yin 2000). In each band a sale counts as much
as it may belong there, so that a rule is about customers who look of a band: the lane knows no more when it applies
the rule. The evidence is that of so many whole sales as these parts are worth (Kish 1965): a one-sided exact test
(Fisher 1935) of the goods being bought as often without the reasons. Of all rules that could have been found, looked
at or not, those stay of which at most 5 % are expected to be chance (Benjamini and Hochberg 1995).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from edge.decision.bands import band_names
from edge.offers.sheet import Learnt, Rule, Rules
from edge.purchases.goods import Goods
from edge.reports.discoveries import FALSE_DISCOVERIES, false_discovery_rates
from edge.till.messages import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from edge.reports.offers.sales import Sales

MOST_REASONS = 2
"""Goods that lead to an offer; more would fit hardly any basket."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What a rule must reach. sales: with reasons and goods, as so many whole ones."""

    sales: int = 10
    support: float = 0.005
    confidence: float = 0.05
    lift: float = 1.2


@dataclass(frozen=True, slots=True)
class _Found:
    """when: places of the reasons among the goods, offer: of what is offered. p_value: of no connection."""

    band: str
    when: frozenset[int]
    offer: int
    learnt: Learnt
    p_value: float = 1.0


def learn(
    sales: Sales, edges: Sequence[int], legal_age: int, bar: Bar, most: int, names: Mapping[str, Text] | None = None
) -> Rules:
    """The rules, the highest lift first, `most` of them at most.

    edges: of the bands; none that begins under the legal age gets rules. names: of goods, in Russian and English; those
    that it lacks are called as the shop does.
    """
    names_of, customers = band_names(edges), sales.probs.sum(axis=0)
    bands = {
        number: names_of[number]
        for number, start in enumerate((0, *edges))
        if start >= legal_age and customers[number] >= bar.sales
    }
    fewest = bar.support * min((float(customers[band]) for band in bands), default=0.0)
    candidates = _candidates(sales, max(fewest, bar.sales)) if bands else []
    tested = _tested(sales, candidates, bands, bar.sales)
    possible = len(bands) * _possible(len(sales.goods))
    rates = false_discovery_rates([one.p_value for one in tested])
    # As if all the others had been tested, too, and had shown nothing.
    all_rates = [min(1.0, rate * possible / len(tested)) for rate in rates]
    good = [
        replace(one, learnt=one.learnt.model_copy(update={"rate": rate}))
        for one, rate in zip(tested, all_rates, strict=True)
        if rate <= FALSE_DISCOVERIES
        and one.learnt.support >= bar.support
        and one.learnt.confidence >= bar.confidence
        and one.learnt.lift >= bar.lift
    ]
    best = sorted(_needed(good, bar.lift), key=lambda one: (-one.learnt.lift, one.learnt.rate, one.band, one.offer))[
        :most
    ]
    return Rules(bands=tuple(edges), rules=tuple(_rule(one, sales.goods, names or {}) for one in best))


def _possible(goods: int) -> int:
    """How many rules there could be: each of the goods, for every choice of reasons among the others."""
    return goods * sum(math.comb(goods - 1, reasons) for reasons in range(1, MOST_REASONS + 1)) if goods else 0


def _candidates(sales: Sales, least: float) -> list[tuple[frozenset[int], int]]:
    """What so many sales hold together: a rule of the smallest band has no fewer."""
    if not sales.goods:
        return []
    import pandas as pd
    from mlxtend.frequent_patterns import association_rules, fpgrowth

    baskets = pd.DataFrame(sales.holds, columns=range(len(sales.goods)))
    sets = fpgrowth(baskets, least / len(baskets), use_colnames=True, max_len=MOST_REASONS + 1)
    if not any(len(items) > 1 for items in sets["itemsets"]):
        return []
    rules = association_rules(sets, metric="support", min_threshold=0.0, return_metrics=["support"])
    pairs = zip(rules["antecedents"], rules["consequents"], strict=True)
    return [(frozenset(map(int, when)), int(*offer)) for when, offer in pairs if len(offer) == 1]


def _tested(
    sales: Sales, candidates: list[tuple[frozenset[int], int]], bands: Mapping[int, str], least: int
) -> list[_Found]:
    """The candidates for which a band has enough sales. bands: names by their column in `Sales.probs`."""
    from scipy.stats import hypergeom

    offers_by_reasons: dict[frozenset[int], list[int]] = {}
    for when, offer in candidates:
        offers_by_reasons.setdefault(when, []).append(offer)
    parts = sales.probs[:, list(bands)]
    whole = _Parts(parts, sales.holds)
    found, counts = [], []
    for when, offers in offers_by_reasons.items():
        rows = np.flatnonzero(sales.holds[:, sorted(when)].all(axis=1))
        reasons = _Parts(parts[rows], sales.holds[rows][:, offers])
        worth, rest_worth = reasons.worth, whole.without(reasons)
        for (place, band), (column, offer) in product(enumerate(bands.values()), enumerate(offers)):
            both, bought = reasons.hits[place, column], whole.hits[place, offer]
            confidence = both / max(reasons.sales[place], _NOTHING)
            hits = math.floor(confidence * worth[place])
            if hits < least:
                continue
            elsewhere = (bought - both) / max(whole.sales[place] - reasons.sales[place], _NOTHING)
            rest = round(elsewhere * rest_worth[place])
            with_reasons = math.floor(worth[place])
            counts.append((hits, with_reasons + round(rest_worth[place]), hits + rest, with_reasons))
            learnt = Learnt(
                sales=both, support=both / whole.sales[place], confidence=confidence,
                lift=confidence * whole.sales[place] / bought, rate=1.0,
            )  # fmt: skip
            found.append(_Found(band, when, offer, learnt))
    hits_of, sales_of, bought_of, reasons_of = np.array(counts, np.int64).reshape(-1, 4).T
    p_values = hypergeom.sf(hits_of - 1, sales_of, bought_of, reasons_of)
    return [replace(one, p_value=float(p_value)) for one, p_value in zip(found, p_values, strict=True)]


_NOTHING = 1e-12


class _Parts:
    """Sales counted in parts, by band. sales: float64 (B,). hits: (B, G), with each of the goods in them. worth: (B,),
    as many whole sales as tell as much."""

    def __init__(self, parts: NDArray[np.float64], holds: NDArray[np.bool_]) -> None:
        self.sales, self.hits = parts.sum(axis=0), parts.T @ holds
        self._squares = (parts**2).sum(axis=0)

    @property
    def worth(self) -> NDArray[np.float64]:
        return np.asarray(self.sales**2 / np.maximum(self._squares, _NOTHING))

    def without(self, some: _Parts) -> NDArray[np.float64]:
        """What the others are worth."""
        return np.asarray((self.sales - some.sales) ** 2 / np.maximum(self._squares - some._squares, _NOTHING))


def _needed(found: list[_Found], lift: float) -> list[_Found]:
    """Without rules of which a shorter one says as much: a second reason must add what a first one must."""
    lifts = {(one.band, one.when, one.offer): one.learnt.lift for one in found}
    return [
        one
        for one in found
        if all(
            lift * lifts.get((one.band, one.when - {reason}, one.offer), 0.0) <= one.learnt.lift for reason in one.when
        )
    ]


def _rule(found: _Found, goods: Sequence[Goods], names: Mapping[str, Text]) -> Rule:
    offer = goods[found.offer]
    called = names.get(offer.name) or Text(ru=offer.name, en=offer.name)
    learnt = found.learnt.model_dump()
    return Rule(
        band=found.band,
        when=tuple(goods[place] for place in sorted(found.when)),
        offer=offer,
        text=Text(ru=f"Предложите: {called.ru}.", en=f"Offer: {called.en}."),
        learnt=Learnt(**{name: round(value, 6) for name, value in learnt.items()}),
    )
