"""What a director should do after reading the offers report, or why there is nothing to read yet. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.language.formats import Shown, percent
from edge.language.words import Words, counted, words
from edge.reports.nothing_yet import next_filing, nothing_filed
from edge.reports.shares import FEWEST_TRIALS

if TYPE_CHECKING:
    from datetime import datetime

    from edge.reports.offers.comparison import OfferReport, OfferTally
    from edge.reports.period import Period
    from edge.settings.sections import OffersSettings

_MOST_FINDINGS = 3
"""Offers in the lead. More are in the table."""


def lead(report: OfferReport, period: Period, now: datetime, settings: OffersSettings) -> list[Words]:
    """The offers that sell most clearly, and those that drive customers away; or that none does, or too few sales."""
    if not report.everything:
        return _too_few(report, period, now, settings)
    everything = _effect(report.everything, words("All offers together"))
    compared = [line for line in report.lines if line.smaller >= FEWEST_TRIALS and line.offer != line.band]
    if not compared:
        return [
            *([everything] if report.everything.smaller >= FEWEST_TRIALS else []),
            words(
                "Too few sales to judge an offer alone: it takes {fewest} with it and {fewest} without. Look at a "
                "longer time, such as --since 8w.",
                fewest=FEWEST_TRIALS,
            ),
        ]
    worse = [line for line in compared if line.lift_interval[1] < 1]
    better = sorted(
        (line for line in compared if line.lift_interval[0] > 1),
        key=lambda line: (line.held_out.value - line.made.value) * line.made.trials,
    )
    found = [
        words("{effect} Take it off the sheet.", effect=_effect(line, _name(line))) for line in worse[:_MOST_FINDINGS]
    ]
    found += [words("{effect} Keep it.", effect=_effect(line, _name(line))) for line in better[:_MOST_FINDINGS]]
    if not found:
        found.append(words("No offer sells clearly more yet, and none sells less."))
    undecided = len(compared) - len(better) - len(worse)
    if (better or worse) and undecided:
        found.append(
            counted(
                "Of {n} more offer it is not clear yet whether it sells more.",
                "Of {n} more offers it is not clear yet whether they sell more.",
                undecided,
            )
        )
    return [*found, everything]


def _name(line: OfferTally) -> Words:
    return words("Offer of {offer} to customers of {band}", offer=line.offer, band=line.band)


def _effect(line: OfferTally, name: Words) -> Words:
    return words(
        "{name}: bought in {made} of the sales with the offer, in {without} of those without.",
        name=name,
        made=Shown(percent, line.made.value),
        without=Shown(percent, line.held_out.value),
    )


def _too_few(report: OfferReport, period: Period, now: datetime, settings: OffersSettings) -> list[Words]:
    if report.any_filed:
        return [
            words(
                "Fewer than {least} sales with an offer, or fewer than {least} held out: so few are not shown. Look at "
                "a longer time, such as --since 8w, or come back in some days.",
                least=report.least,
            )
        ]
    if not settings.enabled:
        return [
            words(
                "Offers are off: set offers.enabled, with a signed sheet of offers; or give the folder of a shop that "
                "makes offers (--folder)."
            )
        ]
    if period.until < now:
        return [nothing_filed(period, now, enabled=True)]
    return [
        words(
            "No sale has matched an offer yet. A lane makes an offer when a customer's goods and age match a rule of "
            "the sheet: edge-agent offers show prints the rules. {when}",
            when=next_filing(now),
        )
    ]


def no_results_yet(now: datetime, *, enabled: bool) -> Words:
    """Why a lane may have no folder of results of offers. enabled: whether the lanes make offers."""
    if enabled:
        return words("no sale with an offer was filed there yet. {when}", when=next_filing(now))
    return words("offers are off: set offers.enabled, or give --folder")
