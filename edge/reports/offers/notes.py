"""The texts around the offers report's figures: how to read them, and what is missing. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.reports.files import dropped_files
from edge.reports.words import counted

if TYPE_CHECKING:
    from edge.reports.files import Files
    from edge.reports.offers.comparison import OfferReport
    from edge.reports.period import Period


def headline(report: OfferReport, period: Period) -> str:
    """What the report covers, in one line."""
    if not report.everything:
        return f"Offers {period}: fewer than {report.least} sales with an offer, or held out, too few to show."
    made, held_out = report.everything.made.trials, report.everything.held_out.trials
    return f"Offers {period}: {made + held_out} sales matched a rule; offer made in {made}, held out in {held_out}."


def notes(report: OfferReport) -> list[str]:
    """How to read the report."""
    return [
        "Bought: the share of all sales with the offer, shown or not, in which the goods were bought. Bought without: "
        "the same share of the held-out sales, which matched the rule but randomly got no offer (offers.held_out). "
        "Only these two are comparable, because who is shown an offer and who accepts it is not random.",
        "Lift: bought divided by bought without, with the 95 % interval of Donner and Zou (2012). Of twenty offers "
        "without any effect, about one has an interval that excludes 1.",
        "Shown, taken, refused: as reported by the till.",
        f"Offers with fewer than {report.least} sales, made or held out, are counted together as others.",
    ]


def dropped(report: OfferReport, files: Files) -> list[str]:
    """One line for each thing that is missing from the figures."""
    lines = dropped_files(files)
    if report.unknown:
        sales = counted(report.unknown, "sale", "sales")
        lines.append(f"{sales} not counted: the offer's outcome was written by another version of edge-agent")
    return lines
