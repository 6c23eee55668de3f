"""Compares each cashier's unchecked sales with those of all other cashiers. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from edge.reports.cashiers.tallies import total
from edge.reports.discoveries import MAX_FALSE_DISCOVERY_RATE, false_discovery_rates, p_value_of_difference
from edge.reports.shares import FEWEST_TRIALS, Share
from edge.reports.tables import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.reports.cashiers.tallies import CashierTally

Verdict = Literal["less often", "more often", "alike", "few sales", "few sales of others", "no cashier", "no sale"]
"""How often a cashier reports a check, compared with all others; or why that is not compared."""


@dataclass(frozen=True, slots=True)
class CashierLine:
    """A cashier and all the others. others: their share of unchecked sales. rate: the false discovery rate of the
    difference; None if it is not compared."""

    cashier: CashierTally
    others: Share
    rate: float | None
    verdict: Verdict | None

    @property
    def stands_out(self) -> bool:
        """Whether the cashier leaves out more checks than the others."""
        return self.verdict == "less often"


def compare(cashiers: Iterable[CashierTally]) -> list[CashierLine]:
    """One line for each cashier. Who leaves out more checks than the others comes first, the worst before all; then by
    store and name; sales without a cashier come last."""
    ordered = sorted(cashiers, key=lambda tally: (tally.cashier == NOTHING, tally.store, tally.cashier))
    everybody = total(ordered).unchecked
    lines = []
    for tally in ordered:
        others = Share(everybody.hits - tally.unchecked.hits, everybody.trials - tally.unchecked.trials)
        lines.append(CashierLine(tally, others, None, _why_not_compared(tally, others)))
    compared = [number for number, line in enumerate(lines) if line.verdict is None]
    p_values = [p_value_of_difference(lines[number].cashier.unchecked, lines[number].others) for number in compared]
    for number, rate in zip(compared, false_discovery_rates(p_values), strict=True):
        line = lines[number]
        lines[number] = replace(line, rate=rate, verdict=_verdict(line.cashier.unchecked, line.others, rate))
    return sorted(lines, key=lambda line: (not line.stands_out, -line.cashier.unchecked.value * line.stands_out))


def _why_not_compared(cashier: CashierTally, others: Share) -> Verdict | None:
    """None if the cashier can be compared."""
    if not cashier.sales:
        return "no sale"
    if cashier.cashier == NOTHING:
        return "no cashier"
    if cashier.unchecked.trials < FEWEST_TRIALS:
        return "few sales"
    if others.trials < FEWEST_TRIALS:
        return "few sales of others"
    return None


def _verdict(own: Share, others: Share, rate: float) -> Verdict:
    if rate > MAX_FALSE_DISCOVERY_RATE:
        return "alike"
    return "less often" if own.value > others.value else "more often"


def stores_of(lines: Iterable[CashierLine]) -> list[str]:
    """The stores' names, sorted."""
    return sorted({line.cashier.store for line in lines})
