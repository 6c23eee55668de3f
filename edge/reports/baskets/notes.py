"""The texts around the basket report's figures: how to read them, and what is missing. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.commands import visible
from edge.reports.discoveries import MAX_FALSE_DISCOVERY_RATE
from edge.reports.files import dropped_files
from edge.reports.limits import MAX_QUANTITY
from edge.reports.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.baskets.analysis import BasketReport
    from edge.reports.baskets.sums import Faults
    from edge.reports.files import Files
    from edge.reports.period import Period


_MAX_NAMES = 12
"""More stores or lanes than this are counted, not named."""


def headline(report: BasketReport, period: Period) -> str:
    """What the report covers, in one line."""
    if report.baskets is None:
        return f"Baskets {period}: fewer than {report.least} customers of known age, too few to show."
    count = f"Baskets {period}: {report.baskets:.0f} of customers of known age."
    return visible(f"{count} {_names('Stores', report.stores)} {_names('Lanes', report.lanes)}")


def _names(what: str, names: Sequence[str]) -> str:
    return f"{what}: {', '.join(names) if len(names) <= _MAX_NAMES else len(names)}."


def notes(report: BasketReport) -> list[str]:
    """How to read the report."""
    hidden = counted(report.hidden_categories, "category was", "categories were")
    return [
        "Customers: ages are uncertain, so a customer counts partly in each possible band. Effective: the number of "
        "customers of certain age that would give intervals as narrow as these.",
        "Lift: how often baskets of the band contain the category, divided by how often all baskets do. The overlap of "
        "neighbouring bands is removed by least squares on the band probabilities (Goodman 1953). The age model may be "
        "less accurate for the shop's own customers. That shifts lifts, but creates none where all bands buy alike.",
        f"Shown: the {len(report.findings)} of {len(report.bought)} lifts that differ clearly from 1. At most "
        f"{100 * MAX_FALSE_DISCOVERY_RATE:g} % of them are expected to be chance (Benjamini and Hochberg 1995). Each "
        "95 % interval is for its lift alone.",
        f"A band with fewer than {report.least} customers, or fewer effective ones, is merged with a neighbour."
        + (f" {hidden} bought by too few customers to show." if report.hidden_categories else ""),
    ]  # fmt: skip


def dropped(faults: Faults, files: Files) -> list[str]:
    """One line for each thing that is missing from all or some of the figures."""
    lines = [
        (
            faults.sales_in_future,
            "sale|sales",
            "not counted: later than now; set the box's clock",
        ),
        (faults.sales_in_other_bands, "sale|sales", "not counted: recorded with other insights.bands"),
        (faults.sales_without_basket, "sale|sales", "not counted: nothing was bought, or all of it voided or returned"),
        (faults.lines_of_odd_quantity, "line|lines", f"not counted: quantity above {MAX_QUANTITY}"),
        (faults.lines_of_odd_price, "line|lines", "not counted: price above insights.max_price"),
        (
            faults.lines_returned,
            "article|articles",
            "not counted as bought: more of it was returned; what was paid back counts in the amount spent",
        ),
        (
            faults.lines_without_category,
            "article|articles",
            "without a category, from the till or insights.catalogue: counted only in the amount spent",
        ),
        (faults.baskets_without_price, "basket|baskets", "not counted in the amount spent: a price is missing"),
    ]
    found = [f"{counted(count, *nouns.split('|'))} {text}" for count, nouns, text in lines if count]
    return found + dropped_files(files)
