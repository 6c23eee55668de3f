"""The pictures and tables on the page of the basket report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edge.language.words import Words, words
from edge.reports.baskets.pictures import differences_picture, hours_picture, spending_picture, weeks_picture
from edge.reports.baskets.tables import bands_table, findings_table
from edge.reports.content import PageSection
from edge.reports.page import figure

if TYPE_CHECKING:
    from markupsafe import Markup

    from edge.reports.baskets.analysis import BasketReport
    from edge.reports.baskets.when import Visits
    from edge.reports.content import Part
    from edge.reports.tables import Table


def page_parts(report: BasketReport, visits: Visits, language: str, currency: str) -> list[Part]:
    """What each band buys more of, what it spends, and when it comes; none if there are too few customers to show."""
    if not report.bands:
        return []
    parts: list[Part] = []
    if report.findings:
        picture = figure(differences_picture(report, language, currency), _about_bars(report), language)
        table = findings_table(report.findings, currency)
        title = words("What each band buys more or less often")
        parts.append(PageSection(title, [picture, _untitled(table)]))
    spending = spending_picture(report.bands, language, currency)
    caption = words("The average basket of each age band. The thin line is the 95 % interval.")
    bands = _untitled(bands_table(report, currency))
    parts.append(PageSection(words("What each band spends"), [*_figure(spending, caption, language), bands]))
    return [*parts, *_when(report, visits, language)]


def _about_bars(report: BasketReport) -> Words:
    unit = (
        words("Bars to the right: so much more was paid than if the band had bought it as often as all; to the left: "
              "less.")
        if any(found.money is not None for found in report.findings)
        else words("Bars to the right: in so many more baskets than if the band had bought it as often as all; to the "
                   "left: fewer.")
    )  # fmt: skip
    return words("{unit} Pale bars may be chance.", unit=unit)


def _when(report: BasketReport, visits: Visits, language: str) -> list[Part]:
    names = [band.name for band in report.bands if band.share]
    if not names:
        return []
    weeks, hours = weeks_picture(visits, names, language), hours_picture(visits, names, language)
    few = words("Weeks and hours with fewer than {fewest} sales are not drawn.", fewest=visits.fewest)
    parts: list[Part] = [
        *_figure(weeks, words("Customers of each age band in each whole week."), language),
        *_figure(hours, words("Customers of each age band by hour of the day, in the time zone of this machine."),
                 language),
        few if weeks or hours else words(
            "No week and no hour has {fewest} sales yet, and fewer are not drawn: look at a longer time, such as "
            "--since 8w.", fewest=visits.fewest,
        ),
    ]  # fmt: skip
    return [PageSection(words("When they come"), parts)]


def _figure(picture: Markup | None, caption: Words, language: str) -> list[Part]:
    return [figure(picture, caption, language)] if picture else []


def _untitled(table: Table) -> Table:
    """The section's heading says it."""
    return replace(table, title="")
