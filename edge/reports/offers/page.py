"""The plot and the table on the page of the offers report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from edge.language.formats import number, percent
from edge.language.words import in_language, words
from edge.reports.content import PageSection
from edge.reports.offers.tables import name_words, offers_table
from edge.reports.page import figure
from edge.reports.plot import Axis, Dot, plot_dots
from edge.reports.shares import FEWEST_TRIALS

if TYPE_CHECKING:
    from edge.reports.content import Part
    from edge.reports.offers.comparison import OfferReport, OfferTally

_AXIS_END = 5.0
"""Higher lifts are drawn at the end of the axis."""


def page_parts(report: OfferReport, language: str) -> list[Part]:
    """The plot and the table; none if there are too few sales to show."""
    if not report.everything:
        return []
    parts = [*_lifts(report, language), offers_table(report)]
    return [PageSection(words("What each offer sold"), parts)]


def _lifts(report: OfferReport, language: str) -> list[Part]:
    """An offer of too few sales is not drawn."""
    drawable = [line for line in report.lines if line.lift is not None and line.smaller >= FEWEST_TRIALS]
    if not drawable:
        return [
            words(
                "No offer has {fewest} sales with it and {fewest} without, and fewer are not drawn.",
                fewest=FEWEST_TRIALS,
            )
        ]
    axis = Axis(
        in_language(words("bought so many times as often as without the offer"), language),
        _AXIS_END,
        lambda value: number(value, language),
        (1.0, in_language(words("as without an offer"), language)),
    )
    caption = words("Each line is the 95 % interval; it is clear what crosses no dashed line.")
    return [figure(plot_dots([_dot(line, language) for line in drawable], axis), caption, language)]


def _dot(line: OfferTally, language: str) -> Dot:
    low, high = line.lift_interval
    name = in_language(name_words(line.offer), language)
    end = number(high, language, 2) if math.isfinite(high) else "?"
    tooltip = (
        f"{percent(line.made.value, language)} / {percent(line.held_out.value, language)}, "
        f"{number(low, language, 2)} – {end}"
    )
    return Dot(
        name if line.band == line.offer else f"{line.band}: {name}",
        line.lift or 0.0,
        low,
        high,
        tooltip,
        "good" if low > 1 else "bad" if high < 1 else "plain",
    )
