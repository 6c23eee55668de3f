"""What a reader of the basket report must know: how the figures came about, and what was left out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.commands import visible
from edge.reports.baskets.sums import MOST_QUANTITY
from edge.reports.discoveries import FALSE_DISCOVERIES
from edge.reports.files import counted, files_left_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.baskets.analysis import BasketReport
    from edge.reports.baskets.sums import Faults
    from edge.reports.files import Files
    from edge.reports.period import Period


_MOST_NAMED = 12
"""Beyond that, only how many there are is said."""


def about(report: BasketReport, period: Period) -> str:
    """What the report is about, in a line."""
    if report.baskets is None:
        return f"Baskets {period}: fewer than {report.least} customers of known age, too few to be shown."
    count = f"Baskets {period}: {report.baskets:.0f} of customers of known age."
    return visible(f"{count} {_named('Stores', report.stores)} {_named('Lanes', report.lanes)}")


def _named(what: str, names: Sequence[str]) -> str:
    return f"{what}: {', '.join(names) if len(names) <= _MOST_NAMED else len(names)}."


def notes(report: BasketReport) -> list[str]:
    """How to read it."""
    return [
        "Customers: nobody's band is certain, so each counts in parts in the bands that may be theirs. As good as: so "
        "many customers of surely known band would tell as much; the intervals are as wide as that.",
        "Lift: how often the baskets of a band hold a category, by how often all do; freed of the mixing of bands by "
        "least squares on their probabilities (Goodman 1953). It is as true as the probabilities are: on other people "
        "than its report card's, the age model may be off, which moves lifts, but makes none where all buy alike.",
        f"Shown are the {len(report.findings)} of {len(report.bought)} lifts that stand out: no more than "
        f"{100 * FALSE_DISCOVERIES:g} % of them are expected to be chance (Benjamini and Hochberg 1995). The intervals "
        "are each one's own, 95 %.",
        f"A band with fewer than {report.least} customers, or as good as fewer, is joined with its neighbour."
        + (f" {counted(report.hidden_categories, 'category was', 'categories were')} bought by too few to say anything."
           if report.hidden_categories else ""),
    ]  # fmt: skip


def left_out(faults: Faults, files: Files) -> list[str]:
    """A line for everything that is not in the figures, or not in all of them."""
    lines = [
        (faults.sales_in_future, "sale|sales", "left out: after now; set the clock of the box that kept them"),
        (faults.sales_in_other_bands, "sale|sales", "left out: kept with other insights.bands than this report's"),
        (faults.sales_without_basket, "sale|sales", "left out: no line in the basket that can be used"),
        (faults.lines_of_odd_quantity, "line|lines", f"left out: a quantity not above 0, or above {MOST_QUANTITY}"),
        (faults.lines_of_odd_price, "line|lines", "left out: a price below 0, or above insights.max_price"),
        (
            faults.lines_without_category,
            "line|lines",
            "in no category: an unknown sku, named neither by the till nor by insights.catalogue; "
            "counted in what was spent",
        ),
        (faults.baskets_without_price, "basket|baskets", "not counted in what was spent: a line has no price"),
    ]
    found = [f"{counted(count, *noun.split('|'))} {text}" for count, noun, text in lines if count]
    return found + files_left_out(files)
