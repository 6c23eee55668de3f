"""What a director should do after reading the cashiers report. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.language.formats import Shown, percent
from edge.language.words import Words, counted, words
from edge.reports.cashiers.cashiers import stores_of
from edge.reports.shares import FEWEST_TRIALS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.cashiers.cashiers import CashierLine

MOST_CASHIERS = 5
"""Cashiers whom the lead names. More are in the table."""


def lead(lines: Sequence[CashierLine]) -> list[Words]:
    """The worst cashier first, with the figures; or that nobody stands out, or that nobody can be compared."""
    standing_out = [line for line in lines if line.stands_out]
    if standing_out:
        several_stores = len(stores_of(lines)) > 1
        found = [_about(line, several_stores) for line in standing_out[:MOST_CASHIERS]]
        more = len(standing_out) - MOST_CASHIERS
        if more > 0:
            found.append(counted("{n} more cashier is in the table.", "{n} more cashiers are in the table.", more))
        return found
    if any(line.rate is not None for line in lines):
        return [words("No cashier leaves out more checks than the others do.")]
    if not any(line.cashier.sales for line in lines):
        return []
    return [
        words(
            "Too few sales to compare cashiers: it takes {fewest} sales of one cashier for which ID was due, and as "
            "many of the others. Look at a longer time: --since 4w.",
            fewest=FEWEST_TRIALS,
        )
    ]


def _about(line: CashierLine, several_stores: bool) -> Words:
    own = line.cashier.unchecked
    name = line.cashier.cashier
    return counted(
        "Cashier {name}: no check in {hits} of {n} sale ({share}), the others {others}. This is not chance: talk to "
        "them.",
        "Cashier {name}: no check in {hits} of {n} sales ({share}), the others {others}. This is not chance: talk to "
        "them.",
        own.trials,
        name=f"{name}, {line.cashier.store}" if several_stores else name,
        hits=own.hits,
        share=Shown(percent, own.value),
        others=Shown(percent, line.others.value),
    )
