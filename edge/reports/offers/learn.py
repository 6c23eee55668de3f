"""Learns association rules for each age band, from sales whose customers' ages are known only by probabilities. Pure.

mlxtend finds goods that are often bought together (FP-growth: Han, Pei and Yin 2000); they are the candidates. In each
band, a sale is weighted by the probability that its customer belongs to the band. So a rule is about customers who look
as old as the band, which is also all that the lane knows when it applies the rule. The weighted sales count as their
effective number (Kish 1965) in a one-sided exact test (Fisher 1935) of whether the goods are bought more often together
with the reasons. Rules are kept at a false discovery rate of 5 % among all possible rules, tested or not (Benjamini and
Hochberg 1995).
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
from edge.reports.discoveries import MAX_FALSE_DISCOVERY_RATE, false_discovery_rates
from edge.till.messages import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from edge.reports.offers.sales import Sales

MAX_REASONS = 2
"""Goods that must be in the basket for an offer. Rules with more would match hardly any basket."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The minimum values of a rule. sales: effective number of sales with the reasons and the goods. support: of the
    band's sales, those with both. confidence: of the sales with the reasons, those with the goods. lift: confidence
    divided by the share of all the band's sales with the goods."""

    sales: int = 10
    support: float = 0.005
    confidence: float = 0.05
    lift: float = 1.2


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A tested rule. when, offer: indices of the reasons and of the offered goods. p_value: of the hypothesis that the
    reasons do not matter."""

    band: str
    when: frozenset[int]
    offer: int
    learnt: Learnt
    p_value: float = 1.0


def learn(
    sales: Sales, edges: Sequence[int], legal_age: int, bar: Bar, max_rules: int,
    names: Mapping[str, Text] | None = None,
) -> Rules:  # fmt: skip
    """The rules, the highest lift first.

    edges: ages at which a new band begins; bands that begin below the legal age get no rules. names: of goods, in
    Russian and English; goods that are missing there keep the shop's name.
    """
    names_of, customers = band_names(edges), sales.probs.sum(axis=0)
    bands = {
        number: names_of[number]
        for number, start in enumerate((0, *edges))
        if start >= legal_age and customers[number] >= bar.sales
    }
    least_support = bar.support * min((float(customers[band]) for band in bands), default=0.0)
    pairs = _frequent_pairs(sales, max(least_support, bar.sales)) if bands else []
    tested = _tested(sales, pairs, bands, bar.sales)
    possible = len(bands) * _possible(len(sales.goods))
    rates = false_discovery_rates([rule.p_value for rule in tested])
    # As if all other possible rules had been tested too, with a p-value of 1.
    all_rates = [min(1.0, rate * possible / len(tested)) for rate in rates]
    good = [
        replace(rule, learnt=rule.learnt.model_copy(update={"rate": rate}))
        for rule, rate in zip(tested, all_rates, strict=True)
        if rate <= MAX_FALSE_DISCOVERY_RATE
        and rule.learnt.support >= bar.support
        and rule.learnt.confidence >= bar.confidence
        and rule.learnt.lift >= bar.lift
    ]
    needed = _without_redundant(good, bar.lift)
    best = sorted(needed, key=lambda rule: (-rule.learnt.lift, rule.learnt.rate, rule.band, rule.offer))[:max_rules]
    return Rules(bands=tuple(edges), rules=tuple(_rule(rule, sales.goods, names or {}) for rule in best))


def _possible(goods: int) -> int:
    """The number of possible rules in a band: each of the goods, with every choice of reasons among the others."""
    return goods * sum(math.comb(goods - 1, reasons) for reasons in range(1, MAX_REASONS + 1)) if goods else 0


def _frequent_pairs(sales: Sales, min_sales: float) -> list[tuple[frozenset[int], int]]:
    """Reasons and offered goods that at least `min_sales` sales contain together, by index.

    A rule of the smallest band has at least as many, so no rule is missed.
    """
    if not sales.goods:
        return []
    import pandas as pd
    from mlxtend.frequent_patterns import association_rules, fpgrowth

    baskets = pd.DataFrame(sales.holds, columns=range(len(sales.goods)))
    sets = fpgrowth(baskets, min_sales / len(baskets), use_colnames=True, max_len=MAX_REASONS + 1)
    if not any(len(items) > 1 for items in sets["itemsets"]):
        return []
    rules = association_rules(sets, metric="support", min_threshold=0.0, return_metrics=["support"])
    pairs = zip(rules["antecedents"], rules["consequents"], strict=True)
    return [(frozenset(map(int, when)), int(*offer)) for when, offer in pairs if len(offer) == 1]


def _tested(
    sales: Sales, pairs: list[tuple[frozenset[int], int]], bands: Mapping[int, str], min_sales: int
) -> list[_Candidate]:
    """Test the pairs in each band with enough sales. bands: name by column of `Sales.probs`."""
    from scipy.stats import hypergeom

    offers_by_reasons: dict[frozenset[int], list[int]] = {}
    for when, offer in pairs:
        offers_by_reasons.setdefault(when, []).append(offer)
    weights = sales.probs[:, list(bands)]
    everything = _Weighted(weights, sales.holds)
    found, counts = [], []
    for when, offers in offers_by_reasons.items():
        rows = np.flatnonzero(sales.holds[:, sorted(when)].all(axis=1))
        reasons = _Weighted(weights[rows], sales.holds[rows][:, offers])
        effective, rest_effective = reasons.effective, everything.effective_without(reasons)
        for (place, band), (column, offer) in product(enumerate(bands.values()), enumerate(offers)):
            both, bought = reasons.hits[place, column], everything.hits[place, offer]
            confidence = both / max(reasons.sales[place], _TINY)
            hits = math.floor(confidence * effective[place])
            if hits < min_sales:
                continue
            elsewhere = (bought - both) / max(everything.sales[place] - reasons.sales[place], _TINY)
            rest = round(elsewhere * rest_effective[place])
            with_reasons = math.floor(effective[place])
            counts.append((hits, with_reasons + round(rest_effective[place]), hits + rest, with_reasons))
            learnt = Learnt(
                sales=both, support=both / everything.sales[place], confidence=confidence,
                lift=confidence * everything.sales[place] / bought, rate=1.0,
            )  # fmt: skip
            found.append(_Candidate(band, when, offer, learnt))
    hits_of, sales_of, bought_of, reasons_of = np.array(counts, np.int64).reshape(-1, 4).T
    p_values = hypergeom.sf(hits_of - 1, sales_of, bought_of, reasons_of)
    return [replace(rule, p_value=float(p_value)) for rule, p_value in zip(found, p_values, strict=True)]


_TINY = 1e-12
"""Avoids division by zero."""


class _Weighted:
    """Sales weighted by band. sales: float64 (B,), sum of weights. hits: (B, G), the same for sales with each of the
    goods. effective: (B,), effective number of sales (Kish 1965)."""

    def __init__(self, weights: NDArray[np.float64], holds: NDArray[np.bool_]) -> None:
        self.sales, self.hits = weights.sum(axis=0), weights.T @ holds
        self._squares = (weights**2).sum(axis=0)

    @property
    def effective(self) -> NDArray[np.float64]:
        return np.asarray(self.sales**2 / np.maximum(self._squares, _TINY))

    def effective_without(self, part: _Weighted) -> NDArray[np.float64]:
        """The effective number of the sales that are not in `part`."""
        return np.asarray((self.sales - part.sales) ** 2 / np.maximum(self._squares - part._squares, _TINY))


def _without_redundant(rules: list[_Candidate], lift: float) -> list[_Candidate]:
    """Drop rules with two reasons that are hardly better than a rule with one of them.

    lift: the second reason must multiply the shorter rule's lift by at least this.
    """
    lifts = {(rule.band, rule.when, rule.offer): rule.learnt.lift for rule in rules}
    return [
        rule
        for rule in rules
        if all(
            lift * lifts.get((rule.band, rule.when - {reason}, rule.offer), 0.0) <= rule.learnt.lift
            for reason in rule.when
        )
    ]


def _rule(found: _Candidate, goods: Sequence[Goods], names: Mapping[str, Text]) -> Rule:
    offer = goods[found.offer]
    name = names.get(offer.name) or Text(ru=offer.name, en=offer.name)
    learnt = found.learnt.model_dump()
    return Rule(
        band=found.band,
        when=tuple(goods[place] for place in sorted(found.when)),
        offer=offer,
        text=Text(ru=f"Предложите: {name.ru}.", en=f"Offer: {name.en}."),
        learnt=Learnt(**{field: round(value, 6) for field, value in learnt.items()}),
    )
