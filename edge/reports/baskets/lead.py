"""What a director should do after reading the basket report, or why there is nothing to read yet. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.language.formats import Shown, money, number, percent
from edge.language.words import Words, counted, words
from edge.reports.nothing_yet import nothing_filed

if TYPE_CHECKING:
    from datetime import datetime

    from edge.reports.baskets.analysis import BasketReport, CategoryLift
    from edge.reports.period import Period
    from edge.settings.sections import InsightsSettings

_MOST_FINDINGS = 3
"""Findings in the lead. More are in the table."""


def lead(report: BasketReport, period: Period, now: datetime, settings: InsightsSettings, currency: str) -> list[Words]:
    """What weighs most, in money where prices are known; or that nothing stands out, or that there are too few."""
    if report.baskets is None:
        return _too_few(report, period, now, settings)
    if not report.findings:
        if not report.bought:
            return [
                words(
                    "Too few sales to compare what the age bands buy. Look at a longer time, such as --since 8w; after "
                    "some weeks there are enough."
                )
            ]
        return [words("No age band buys any category clearly more or less often than the others.")]
    found = [_about(each, currency) for each in report.by_weight[:_MOST_FINDINGS]]
    if any(each.more > 0 for each in report.by_weight[:_MOST_FINDINGS]):
        found.append(
            words(
                "Always have in stock what a band buys more of, and place beside it what goes with it: edge-agent "
                "offers learn finds that."
            )
        )
    more = len(report.findings) - min(len(report.findings), _MOST_FINDINGS)
    if more > 0:
        found.append(counted("{n} more difference is in the table.", "{n} more differences are in the table.", more))
    return found


def _about(found: CategoryLift, currency: str) -> Words:
    values = {
        "band": found.band,
        "category": found.category,
        "times": Shown(number, found.lift.value, {"digits": 1}),
        "share": Shown(percent, found.share),
        "all": Shown(percent, found.share / found.lift.value if found.lift.value else 0.0),
    }
    if found.lift.value < 1:
        text = words("Customers of {band} buy {category} less often: {share} of their baskets, {all} of all.", **values)
        if found.money is None:
            return text
        return words(
            "{text} If they bought it like all, it would bring {money} more.",
            text=text,
            money=_money(-found.money, currency),
        )
    text = words(
        "Customers of {band} buy {category} {times} times as often as all: {share} of their baskets, {all} of all.",
        **values,
    )
    if found.money is None:
        return text
    return words(
        "{text} That brings {money} more.",
        text=text,
        money=_money(found.money, currency),
    )


def _money(amount: float, currency: str) -> Shown:
    return Shown(money, amount, {"currency": currency, "digits": 0})


def _too_few(report: BasketReport, period: Period, now: datetime, settings: InsightsSettings) -> list[Words]:
    if any(band.share is None for band in report.bands):
        return [
            words(
                "In these sales the customers' ages are unknown, so nothing can be compared: edge-agent doctor finds "
                "out why the camera sees no faces."
            )
        ]
    if not report.stores:
        return [nothing_filed(period, now, enabled=settings.enabled)]
    return [
        words(
            "Fewer than {least} customers of known age bought something. So few are not shown, so that nobody can be "
            "recognised. Look at a longer time, such as --since 4w, or come back when there are more.",
            least=report.least,
        )
    ]
