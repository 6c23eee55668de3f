"""The plots and tables on the page of the basket report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from edge.reports.baskets.tables import bands_table, findings_table
from edge.reports.content import PageSection
from edge.reports.page import figure
from edge.reports.plot import Axis, Dot, end_of_axis, plot_dots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.baskets.analysis import Band, BasketReport, CategoryLift, Figure
    from edge.reports.content import Part

_SHORT_AXIS, _LONG_AXIS = 2.5, 5.0
"""Lifts at which the axis ends. Lifts beyond the long axis are drawn at its end."""


def page_parts(report: BasketReport) -> list[Part]:
    """HTML elements; none if there are too few customers to show."""
    if not report.bands:
        return []
    parts: list[Part] = [
        *_shares(report.bands),
        *_averages(report.bands),
        bands_table(report),
    ]
    if not report.findings:
        none = "None: no band buys any category more or less often than chance explains."
        return [*parts, PageSection("Clear differences", [none])]
    found: list[Part] = [_lifts(report.findings), findings_table(report.findings)]
    return [*parts, PageSection("Clear differences", found)]


def _shares(bands: Sequence[Band]) -> list[Part]:
    dots = [_dot(band.name, band.share, f"{100 * band.share.value:.1f} %") for band in bands if band.share]
    if not dots:
        return []
    end = end_of_axis([dot.high for dot in dots])
    return [
        figure(plot_dots(dots, Axis("Share of the customers of known age", end, lambda value: f"{100 * value:g} %")))
    ]


def _averages(bands: Sequence[Band]) -> list[Part]:
    dots = [_dot(band.name, band.average, f"{band.average.value:.2f}") for band in bands if band.average]
    if not dots:
        return []
    end = _rounded_up(max(dot.high for dot in dots))
    return [figure(plot_dots(dots, Axis("Average amount spent per basket", end, "{:g}".format)))]


def _lifts(findings: Sequence[CategoryLift]) -> Part:
    dots = [_dot(f"{found.band}: {found.category}", found.lift, f"{found.lift.value:.2f}") for found in findings]
    end = _SHORT_AXIS if max(dot.high for dot in dots) <= _SHORT_AXIS else _LONG_AXIS
    return figure(plot_dots(dots, Axis("Lift", end, "{:g}".format, (1.0, "as often as all"))))


def _dot(name: str, value: Figure, text: str) -> Dot:
    return Dot(name, value.value, value.low, value.high, f"{text}, {value.low:.3g} to {value.high:.3g}")


def _rounded_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 and so on."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(step * power for step in (1, 2, 5, 10) if value <= step * power)
