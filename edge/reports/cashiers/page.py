"""The plot and the tables on the page of the cashiers report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.language.formats import percent
from edge.language.words import in_language, joined, words
from edge.reports.cashiers.cashiers import stores_of
from edge.reports.cashiers.tables import cashiers_tables
from edge.reports.cashiers.tallies import total
from edge.reports.content import PageSection
from edge.reports.page import figure
from edge.reports.plot import Axis, Dot, end_of_axis, plot_dots
from edge.reports.shares import FEWEST_TRIALS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.cashiers.cashiers import CashierLine
    from edge.reports.content import Part
    from edge.reports.tables import Table

_MOST_DRAWN = 15
"""Cashiers in the picture, so that it fits on a page: the highest shares."""


def page_parts(
    lines: Sequence[CashierLine], worst: Sequence[Table], talk_about: Sequence[Table], language: str
) -> list[Part]:
    """The worst sales, a picture of the shares of unchecked sales, the sales of the cashiers who stand out, all
    cashiers, and the rest folded away."""
    tables = cashiers_tables(lines)
    if not tables:
        return [*worst]
    cashiers, *others = tables
    rest = (
        [
            PageSection(
                words("Ends of sales, and all checks"),
                [PageSection(table.title, [table]) for table in others],
                folded=True,
            )
        ]
        if others
        else []
    )
    return [*worst, *_picture(lines, language), *talk_about, cashiers, *rest]


def _picture(lines: Sequence[CashierLine], language: str) -> list[Part]:
    """A share of too few sales is not drawn."""
    drawable = [line for line in lines if line.cashier.unchecked.trials >= FEWEST_TRIALS]
    if not drawable:
        return []
    several_stores = len(stores_of(lines)) > 1
    drawable.sort(key=lambda line: -line.cashier.unchecked.value)
    dots = [_dot(line, several_stores, language) for line in drawable[:_MOST_DRAWN]]
    everybody = total([line.cashier for line in lines]).unchecked
    axis = Axis(
        in_language(words("sold without a check, of the sales with ID due"), language),
        end_of_axis([dot.high for dot in dots]),
        lambda value: percent(value, language),
        (everybody.value, in_language(words("all together"), language)),
    )
    caption = [words("Each line is the 95 % interval.")]
    if any(line.stands_out for line in drawable):
        caption.append(words("A red diamond stands out."))
    if len(drawable) > _MOST_DRAWN:
        caption.append(words("The {n} highest of {all} shares.", n=_MOST_DRAWN, all=len(drawable)))
    picture = figure(plot_dots(dots, axis), joined(" ", caption), language)
    return [PageSection(words("Sales without a check"), [picture])]


def _dot(line: CashierLine, several_stores: bool, language: str) -> Dot:
    tally, share = line.cashier, line.cashier.unchecked
    low, high = share.interval
    return Dot(
        f"{tally.cashier}, {tally.store}" if several_stores else tally.cashier,
        share.value,
        low,
        high,
        f"{share.hits} / {share.trials}, {percent(low, language, 1)} – {percent(high, language, 1)}",
        "bad" if line.stands_out else "plain",
    )
