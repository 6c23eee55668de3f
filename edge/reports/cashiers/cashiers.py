"""Compares each cashier's unchecked sales with those of all other cashiers. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.reports.cashiers.tallies import total
from edge.reports.discoveries import MAX_FALSE_DISCOVERY_RATE, false_discovery_rates, p_value_of_difference
from edge.reports.shares import Share
from edge.reports.tables import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.reports.cashiers.tallies import CashierTally

MIN_SALES = 20
"""A share of fewer sales is not compared: even 2 of 20 has a 95 % interval from 3 to 30 %."""


@dataclass(frozen=True, slots=True)
class CashierLine:
    """A cashier and all the others. others: their share of unchecked sales. rate: the false discovery rate of the
    difference; None if there are too few sales to compare."""

    cashier: CashierTally
    others: Share
    rate: float | None
    remark: str


def compare(cashiers: Iterable[CashierTally]) -> list[CashierLine]:
    """One line for each cashier, sorted by store and name; sales without a cashier come last."""
    ordered = sorted(cashiers, key=lambda tally: (tally.cashier == NOTHING, tally.store, tally.cashier))
    everybody = total(ordered).unchecked
    lines = []
    for tally in ordered:
        others = Share(everybody.hits - tally.unchecked.hits, everybody.trials - tally.unchecked.trials)
        lines.append(CashierLine(tally, others, None, _why_not_compared(tally, others)))
    compared = [number for number, line in enumerate(lines) if not line.remark]
    p_values = [p_value_of_difference(lines[number].cashier.unchecked, lines[number].others) for number in compared]
    for number, rate in zip(compared, false_discovery_rates(p_values), strict=True):
        line = lines[number]
        lines[number] = replace(line, rate=rate, remark=_remark(line.cashier.unchecked, line.others, rate))
    return lines


def _why_not_compared(cashier: CashierTally, others: Share) -> str:
    """Empty if the cashier can be compared."""
    if not cashier.sales:
        return "closed no restricted sale"
    if cashier.cashier == NOTHING:
        return "the till sent no cashier"
    if cashier.unchecked.trials < MIN_SALES:
        return "too few sales to compare"
    if others.trials < MIN_SALES:
        return "too few sales of others to compare with"
    return ""


def _remark(own: Share, others: Share, rate: float) -> str:
    if rate > MAX_FALSE_DISCOVERY_RATE:
        return "no clear difference from the others"
    return f"reports checks {'less' if own.value > others.value else 'more'} often than the others"


def stores_of(lines: Iterable[CashierLine]) -> list[str]:
    """The stores' names, sorted."""
    return sorted({line.cashier.store for line in lines})
