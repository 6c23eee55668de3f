"""The cashiers report as one HTML file."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from edge.reports.cashiers.cashiers import stores_of, together
from edge.reports.cashiers.tables import cashiers_table
from edge.reports.page import page
from edge.reports.plot import plot_shares
from edge.reports.tables import as_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.cashiers.cashiers import CashierLine


def cashiers_page(lines: Sequence[CashierLine], about: str, remarks: Sequence[str]) -> str:
    """The whole page. about: which sales these are, in words. remarks: how to read it, and what was left out."""
    everybody = together([line.cashier for line in lines]).unchecked
    several = len(stores_of(lines)) > 1
    shown = [
        (f"{one.cashier}, {one.store}" if several else one.cashier, one.unchecked)
        for one in (line.cashier for line in lines)
        if one.unchecked.trials
    ]
    parts = [f"<p>{escape(about)}</p>"]
    if shown:
        plot = plot_shares(shown, everybody, "Sales completed without a reported check, of those with ID due")
        parts.append(f"<figure>{plot}</figure>")
    if lines:
        parts.append(as_html(cashiers_table(lines)))
    if remarks:
        parts.append("<ul>" + "".join(f"<li>{escape(remark)}</li>" for remark in remarks) + "</ul>")
    return page("Restricted sales by cashier", "\n".join(parts))
