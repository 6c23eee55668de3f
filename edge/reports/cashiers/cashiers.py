"""Compares each cashier's reported checks with those of all other cashiers. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.reports.discoveries import MAX_FALSE_DISCOVERY_RATE, false_discovery_rates, p_value_of_difference
from edge.reports.shares import Share
from edge.reports.tables import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edge.records.records import SaleRecord

MIN_SALES = 20
"""A share of fewer sales is not compared: even 2 of 20 has a 95 % interval from 3 to 30 %."""

EVERYBODY = "all"
"""The name in the total's row."""


@dataclass(frozen=True, slots=True)
class CashierTally:
    """The counts of one cashier, or of all together.

    cashier: unique within its store only. sales: restricted ones. due: of `sales`, those whose last answer to the till
    was to ask for ID. checked: of `due`, those with a check reported by the till. unchecked: of the completed `due`
    sales, those without a reported check. not_passed: completed although the reported check failed or no document was
    shown. abandoned: with unknown end.
    """

    store: str
    cashier: str
    sales: int
    due: int
    checked: int
    unchecked: Share
    not_passed: int
    abandoned: int


@dataclass(frozen=True, slots=True)
class CashierLine:
    """A cashier and all the others. others: their share of unchecked sales. rate: the false discovery rate of the
    difference; None if there are too few sales to compare."""

    cashier: CashierTally
    others: Share
    rate: float | None
    remark: str


def tally(store: str, cashier: str, sales: Sequence[SaleRecord]) -> CashierTally:
    """Count the sales of one cashier."""
    due = [sale for sale in sales if sale.should_have_asked]
    completed = [sale for sale in due if sale.ended == "completed"]
    return CashierTally(
        store=store,
        cashier=cashier,
        sales=len(sales),
        due=len(due),
        checked=sum(sale.check is not None for sale in due),
        unchecked=Share(sum(sale.check is None for sale in completed), len(completed)),
        not_passed=sum(sale.ended == "completed" and sale.check in ("failed", "not-shown") for sale in sales),
        abandoned=sum(sale.ended not in ("completed", "cancelled") for sale in sales),
    )


def tallies(sales: Iterable[SaleRecord], store: str) -> list[CashierTally]:
    """One tally for each cashier of a store. Sales without a cashier form a tally of their own."""
    by_cashier = defaultdict(list)
    for sale in sales:
        by_cashier[sale.cashier_id or NOTHING].append(sale)
    return [tally(store, name, own) for name, own in by_cashier.items()]


def total(parts: Sequence[CashierTally], store: str = NOTHING, cashier: str = EVERYBODY) -> CashierTally:
    """The sum of several tallies."""
    return CashierTally(
        store=store,
        cashier=cashier,
        sales=sum(part.sales for part in parts),
        due=sum(part.due for part in parts),
        checked=sum(part.checked for part in parts),
        unchecked=Share(sum(part.unchecked.hits for part in parts), sum(part.unchecked.trials for part in parts)),
        not_passed=sum(part.not_passed for part in parts),
        abandoned=sum(part.abandoned for part in parts),
    )


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
