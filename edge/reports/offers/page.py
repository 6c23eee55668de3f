"""The plot and the table on the page of the offers report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from edge.reports.offers.tables import offers_table
from edge.reports.page import figure
from edge.reports.plot import Axis, Dot, plot_dots

if TYPE_CHECKING:
    from edge.reports.content import Part
    from edge.reports.offers.comparison import OfferReport

_AXIS_END = 5.0
"""Higher lifts are drawn at the end of the axis."""


def page_parts(report: OfferReport) -> list[Part]:
    """HTML elements; none if there are too few sales to show."""
    return [*_lifts(report), offers_table(report)] if report.everything else []


def _lifts(report: OfferReport) -> list[Part]:
    dots = []
    for line in report.lines:
        if line.lift is not None:
            low, high = line.lift_interval
            end = f"{high:.2f}" if math.isfinite(high) else "?"
            name = line.offer if line.band == line.offer else f"{line.band}: {line.offer}"
            dots.append(Dot(name, line.lift, low, high, f"{line.lift:.2f}, {low:.2f} to {end}"))
    axis = Axis("Lift of buying the offered goods", _AXIS_END, "{:g}".format, (1.0, "as without an offer"))
    return [figure(plot_dots(dots, axis))] if dots else []
