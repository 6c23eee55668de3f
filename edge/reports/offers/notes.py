"""The texts around the offers report's figures: how to read them, and what is missing. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.language.words import Words, counted, words
from edge.reports.files import dropped_files
from edge.reports.tables import in_groups

if TYPE_CHECKING:
    from edge.reports.files import Files
    from edge.reports.offers.comparison import OfferReport
    from edge.reports.period import Period


def headline(report: OfferReport, period: Period) -> Words:
    """What the report covers, in one line."""
    if not report.everything:
        return words("Offers {period}.", period=period.words)
    made, held_out = report.everything.made.trials, report.everything.held_out.trials
    return words(
        "Offers {period}: {all} sales matched a rule; offer made in {made}, held out in {held_out}.",
        period=period.words, all=in_groups(made + held_out), made=in_groups(made), held_out=in_groups(held_out),
    )  # fmt: skip


def notes(report: OfferReport) -> list[Words]:
    """How to read the report."""
    return [
        words(
            "Bought with it: the share of all sales with the offer, shown or not, in which the goods were bought. "
            "Bought without it: the same share of the held-out sales, which matched the rule but randomly got no offer "
            "(offers.held_out). Only these two are comparable, because who is shown an offer and who accepts it is not "
            "random."
        ),
        words(
            "Lift: bought with the offer divided by bought without, with the 95 % interval of Donner and Zou (2012). "
            "Of twenty offers without any effect, about one has an interval that excludes 1."
        ),
        words("Shown, taken, refused: as reported by the till."),
        words(
            "Offers with fewer than {least} sales, made or held out, are counted together as others.",
            least=report.least,
        ),
    ]


def dropped(report: OfferReport, files: Files) -> list[Words]:
    """One line for each thing that is missing from the figures."""
    lines = dropped_files(files)
    if report.unknown:
        lines.append(
            counted(
                "{n} sale not counted: the offer's outcome was written by another version of edge-agent",
                "{n} sales not counted: the offer's outcome was written by another version of edge-agent",
                report.unknown,
            )
        )
    return lines
