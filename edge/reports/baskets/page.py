"""The basket report as one HTML file that needs nothing else."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from edge.reports.baskets.tables import bands_table, findings_table
from edge.reports.page import page
from edge.reports.plot import Dot, Scale, end_of_axis, plot_dots
from edge.reports.tables import as_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.baskets.analysis import Band, BasketReport, CategoryLift, Figure

_SOME_LIFT, _MOST_LIFT = 2.5, 5.0
"""Where the scale of lifts ends; what is beyond the higher one is drawn there."""


def baskets_page(report: BasketReport, about: str, notice: str, remarks: Sequence[str]) -> str:
    """The whole page. about: which baskets these are. notice: the words by which customers are told. remarks: how to
    read it, and what was left out."""
    parts = [f"<p>{escape(about)}</p>"]
    if report.bands:
        parts += [_figure(_shares(report.bands)), _figure(_averages(report.bands)), as_html(bands_table(report))]
        parts.append("<h2>What stands out</h2>")
        if report.findings:
            parts += [_figure(_lifts(report.findings)), as_html(findings_table(report.findings))]
        else:
            parts.append("<p>Nothing: no band buys anything more or less often than chance would have it.</p>")
    parts.append("<ul>" + "".join(f"<li>{escape(remark)}</li>" for remark in remarks) + "</ul>")
    if notice:
        parts.append(f"<p>Customers are told: “{escape(notice)}”</p>")
    return page("What each age band buys", "\n".join(parts))


def _figure(plot: str) -> str:
    return f"<figure>{plot}</figure>" if plot else ""


def _shares(bands: Sequence[Band]) -> str:
    shares = [(band.name, band.share) for band in bands if band.share]
    if not shares:
        return ""
    dots = [_dot(name, share, f"{100 * share.value:.1f} %") for name, share in shares]
    end = end_of_axis([dot.high for dot in dots])
    return plot_dots(dots, Scale("Share of the customers of known age", end, lambda value: f"{100 * value:g} %"))


def _averages(bands: Sequence[Band]) -> str:
    averages = [(band.name, band.average) for band in bands if band.average]
    if not averages:
        return ""
    dots = [_dot(name, average, f"{average.value:.2f}") for name, average in averages]
    return plot_dots(dots, Scale("Average basket", _round_up(max(dot.high for dot in dots)), "{:g}".format))


def _lifts(findings: Sequence[CategoryLift]) -> str:
    dots = [_dot(f"{one.band}: {one.category}", one.lift, f"{one.lift.value:.2f}") for one in findings]
    end = _SOME_LIFT if max(dot.high for dot in dots) <= _SOME_LIFT else _MOST_LIFT
    return plot_dots(dots, Scale("Lift", end, "{:g}".format, (1.0, "as often as all")))


def _dot(name: str, figure: Figure, value: str) -> Dot:
    return Dot(name, figure.value, figure.low, figure.high, f"{value}, {figure.low:.3g} to {figure.high:.3g}")


def _round_up(value: float) -> float:
    """To the next of 1, 2, 5, 10, 20 and so on."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(step * power for step in (1, 2, 5, 10) if value <= step * power)
