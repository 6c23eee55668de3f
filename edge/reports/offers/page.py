"""The report on offers as one HTML file that needs nothing else."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from edge.reports.offers.tables import offers_table
from edge.reports.page import page
from edge.reports.plot import Dot, Scale, plot_dots
from edge.reports.tables import as_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.offers.comparison import OfferReport

_LONGEST_AXIS = 5.0
"""What lies beyond is drawn there."""


def offers_page(report: OfferReport, about: str, notice: str, remarks: Sequence[str]) -> str:
    """The whole page. notice: the words by which customers are told. remarks: how to read it, and what was left out."""
    parts = [f"<p>{escape(about)}</p>"]
    if report.everything:
        parts += [_lifts(report), as_html(offers_table(report))]
    parts.append("<ul>" + "".join(f"<li>{escape(remark)}</li>" for remark in remarks) + "</ul>")
    if notice:
        parts.append(f"<p>Customers are told: “{escape(notice)}”</p>")
    return page("What offers brought", "\n".join(parts))


def _lifts(report: OfferReport) -> str:
    dots = []
    for line in report.lines:
        if line.lift is not None:
            low, high = line.lift_interval
            end = f"{high:.2f}" if math.isfinite(high) else "?"
            name = line.offer if line.band == line.offer else f"{line.band}: {line.offer}"
            dots.append(Dot(name, line.lift, low, high, f"{line.lift:.2f}, {low:.2f} to {end}"))
    if not dots:
        return ""
    scale = Scale("Lift of buying what was offered", _LONGEST_AXIS, "{:g}".format, (1.0, "as without an offer"))
    return f"<figure>{plot_dots(dots, scale)}</figure>"
