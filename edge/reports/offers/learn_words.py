"""The texts around learnt rules: what to do with them, how to read them, or why there are none. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.language.formats import Shown, number, percent
from edge.language.words import Words, joined, words
from edge.reports.discoveries import MAX_FALSE_DISCOVERY_RATE
from edge.reports.nothing_yet import nothing_filed

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from edge.offers.sheet import Rule, Rules
    from edge.reports.offers.sales import Sales
    from edge.reports.period import Period
    from edge.settings.sections import InsightsSettings

_MOST_FINDINGS = 3
"""Rules in the lead. More are in the table."""


def learn_headline(sales: Sales, rules: Rules, period: Period, min_sales: int) -> Words:
    """What the rules come from, in one line."""
    found = {
        "period": period.words, "sales": sales.total, "least": min_sales, "goods": len(sales.goods),
        "rules": len(rules.rules),
    }  # fmt: skip
    if sales.total > len(sales.probs):
        return words(
            "Sales to customers of known age {period}: {sales}, of which a random {used} are used. Goods that may be "
            "offered, each in at least {least} sales: {goods}. Rules: {rules}.",
            used=len(sales.probs),
            **found,
        )
    return words(
        "Sales to customers of known age {period}: {sales}. Goods that may be offered, each in at least {least} sales: "
        "{goods}. Rules: {rules}.",
        **found,
    )


def learn_lead(sales: Sales, rules: Rules, period: Period, now: datetime, settings: InsightsSettings) -> list[Words]:
    """The strongest rules; or why there are none."""
    if rules.rules:
        return [_about(rule) for rule in rules.rules[:_MOST_FINDINGS]]
    if not sales.total:
        return [nothing_filed(period, now, enabled=settings.enabled)]
    if len(sales.goods) < 2:
        return [
            words(
                "Too few goods were sold to customers of known age often enough to learn from: look at a longer time, "
                "such as --since 26w."
            )
        ]
    return [
        words(
            "No goods are clearly bought together more often than by chance. Look at a longer time, such as --since "
            "26w."
        )
    ]


def learn_notes() -> list[Words]:
    """How to read the rules."""
    return [
        words(
            "Sales: with the reasons and the goods, weighted by the probability of the band. Confidence: of the band's "
            "sales with the reasons, the share with the goods. Lift: confidence divided by the share of all the band's "
            "sales with the goods."
        ),
        words(
            "At most {false} of the rules are expected to be chance, among all possible rules (Benjamini and Hochberg "
            "1995). Neighbouring bands have similar rules, because age estimates overlap.",
            false=Shown(percent, MAX_FALSE_DISCOVERY_RATE),
        ),
    ]


def learn_next(file: Path) -> Words:
    """What to do with the file of rules."""
    return words("Review and edit {file}, then run edge-agent offers sign {file}.", file=str(file))


def _about(rule: Rule) -> Words:
    learnt = rule.learnt
    goods = {
        "band": rule.band,
        "reasons": joined(" + ", [reason.name for reason in rule.when]),
        "offer": rule.offer.name,
    }
    if not learnt:
        return words("Customers of {band} with {reasons}: offer {offer}.", **goods)
    return words(
        "Customers of {band} with {reasons}: offer {offer}. {share} of them buy it, {times} times as often as "
        "others of their age.",
        share=Shown(percent, learnt.confidence),
        times=Shown(number, learnt.lift, {"digits": 1}),
        **goods,
    )
