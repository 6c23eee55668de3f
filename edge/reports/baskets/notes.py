"""The texts around the basket report's figures: how to read them, and what is missing. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.language.formats import Shown, percent
from edge.language.words import Words, counted, joined, words
from edge.reports.discoveries import MAX_FALSE_DISCOVERY_RATE
from edge.reports.files import dropped_files
from edge.reports.limits import MAX_QUANTITY
from edge.reports.tables import in_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.baskets.analysis import BasketReport
    from edge.reports.baskets.sums import Faults
    from edge.reports.files import Files
    from edge.reports.period import Period


_MAX_NAMES = 12
"""More stores or lanes than this are counted, not named."""


def headline(report: BasketReport, period: Period) -> Words:
    """What the report covers, in one line."""
    if report.baskets is None:
        return words("Baskets {period}.", period=period.words)
    return words(
        "Baskets {period}: {baskets} of customers of known age. Stores: {stores}. Lanes: {lanes}.",
        period=period.words, baskets=in_groups(report.baskets), stores=_names(report.stores),
        lanes=_names(report.lanes),
    )  # fmt: skip


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= _MAX_NAMES else str(len(names))


def notes(report: BasketReport) -> list[Words]:
    """How to read the report."""
    merged = words(
        "A band with fewer than {least} customers, or fewer effective ones, is merged with a neighbour.",
        least=report.least,
    )
    hidden = counted(
        "{n} category was bought by too few customers to show.",
        "{n} categories were bought by too few customers to show.",
        report.hidden_categories,
    )
    return [
        words(
            "Customers: ages are uncertain, so a customer counts partly in each possible band. Effective: the number "
            "of customers of certain age that would give intervals as narrow as these."
        ),
        words(
            "Lift: how often baskets of the band contain the category, divided by how often all baskets do. The "
            "overlap of neighbouring bands is removed by least squares on the band probabilities (Goodman 1953). The "
            "age model may be less accurate for the shop's own customers. That shifts lifts, but creates none where "
            "all bands buy alike."
        ),
        words(
            "In money: what the band's customers paid for the category beyond what they would have paid if they had "
            "bought it as often as all customers do."
        ),
        words(
            "Shown: the {found} of {all} lifts that differ clearly from 1. At most {false} of them are expected to be "
            "chance (Benjamini and Hochberg 1995). Each 95 % interval is for its lift alone.",
            found=len(report.findings),
            all=len(report.bought),
            false=Shown(percent, MAX_FALSE_DISCOVERY_RATE),
        ),
        joined(" ", [merged, hidden]) if report.hidden_categories else merged,
    ]


def dropped(faults: Faults, files: Files) -> list[Words]:
    """One line for each thing that is missing from all or some of the figures."""
    found = [
        counted(
            "{n} sale not counted: later than now; set the box's clock",
            "{n} sales not counted: later than now; set the box's clock",
            faults.sales_in_future,
        ),
        counted(
            "{n} sale not counted: recorded with other insights.bands",
            "{n} sales not counted: recorded with other insights.bands",
            faults.sales_in_other_bands,
        ),
        counted(
            "{n} sale not counted: nothing was bought, or all of it voided or returned",
            "{n} sales not counted: nothing was bought, or all of it voided or returned",
            faults.sales_without_basket,
        ),
        counted(
            "{n} line not counted: quantity above {most}",
            "{n} lines not counted: quantity above {most}",
            faults.lines_of_odd_quantity,
            most=MAX_QUANTITY,
        ),
        counted(
            "{n} line not counted: price above insights.max_price",
            "{n} lines not counted: price above insights.max_price",
            faults.lines_of_odd_price,
        ),
        counted(
            "{n} article not counted as bought: more of it was returned; what was paid back counts in the amount spent",
            "{n} articles not counted as bought: more of them was returned; what was paid back counts in the amount "
            "spent",
            faults.lines_returned,
        ),
        counted(
            "{n} article without a category, from the till or insights.catalogue: counted only in the amount spent",
            "{n} articles without a category, from the till or insights.catalogue: counted only in the amount spent",
            faults.lines_without_category,
        ),
        counted(
            "{n} basket not counted in the amount spent: a price is missing",
            "{n} baskets not counted in the amount spent: a price is missing",
            faults.baskets_without_price,
        ),
    ]
    return [line for line in found if line.values["n"]] + dropped_files(files)
