"""The plot and the tables on the page of the cashiers report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.reports.cashiers.cashiers import stores_of
from edge.reports.cashiers.tables import cashiers_tables
from edge.reports.cashiers.tallies import total
from edge.reports.page import figure
from edge.reports.plot import plot_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.cashiers.cashiers import CashierLine
    from edge.reports.content import Part


def page_parts(lines: Sequence[CashierLine]) -> list[Part]:
    """HTML elements: a plot of the shares of unchecked sales if there are any, and the tables."""
    cashiers = [line.cashier for line in lines]
    several_stores = len(stores_of(lines)) > 1
    shares = [
        (f"{tally.cashier}, {tally.store}" if several_stores else tally.cashier, tally.unchecked)
        for tally in cashiers
        if tally.unchecked.trials
    ]
    parts: list[Part] = []
    if shares:
        title = "Sold without a reported check, of the sales with ID due"
        parts.append(figure(plot_shares(shares, total(cashiers).unchecked, title)))
    return [*parts, *cashiers_tables(lines)]
