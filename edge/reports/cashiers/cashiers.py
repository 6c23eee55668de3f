"""How each cashier's checks compare with everybody else's, in figures and in plain words. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.commands import visible
from edge.reports.discoveries import FALSE_DISCOVERIES, false_discovery_rates, p_value_of_difference
from edge.reports.shares import Share
from edge.reports.tables import NOTHING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from edge.records.records import SaleRecord
    from edge.reports.period import Period

FEWEST_SALES = 20
"""Sales without which a share says nothing: with 2 unchecked ones among 20 it may be 3 % as well as 30 %."""

EVERYBODY = "all"


@dataclass(frozen=True, slots=True)
class CashierTally:
    """What one cashier did, or all of them.

    cashier: two stores may each have one of that name. sales: with something restricted. due: of those, where the
    till's last word was to ask for ID. checked: of the due ones, those with a check that the till reported. unchecked:
    the due ones that were completed without, of all due ones that were completed. not_passed: completed although the
    reported check had failed or no document was shown. abandoned: nobody knows how they ended.
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
    """A cashier beside all the others. rate: the share of chance findings among all cashiers who differ from the others
    at least as clearly; None where there is too little to compare."""

    cashier: CashierTally
    others: Share
    rate: float | None
    remark: str


def tally(store: str, cashier: str, sales: Sequence[SaleRecord]) -> CashierTally:
    due = [sale for sale in sales if sale.should_have_asked]
    sold = [sale for sale in due if sale.ended == "completed"]
    return CashierTally(
        store=store,
        cashier=cashier,
        sales=len(sales),
        due=len(due),
        checked=sum(sale.check is not None for sale in due),
        unchecked=Share(sum(sale.check is None for sale in sold), len(sold)),
        not_passed=sum(sale.ended == "completed" and sale.check in ("failed", "not-shown") for sale in sales),
        abandoned=sum(sale.ended not in ("completed", "cancelled") for sale in sales),
    )


def tallies(sales: Iterable[SaleRecord], store: str) -> list[CashierTally]:
    """One for every cashier of a store; the sales of which no cashier is known are one more."""
    by_cashier = defaultdict(list)
    for sale in sales:
        by_cashier[sale.cashier_id or NOTHING].append(sale)
    return [tally(store, name, own) for name, own in by_cashier.items()]


def together(each: Sequence[CashierTally], store: str = NOTHING, cashier: str = EVERYBODY) -> CashierTally:
    """Added up."""
    return CashierTally(
        store=store,
        cashier=cashier,
        sales=sum(one.sales for one in each),
        due=sum(one.due for one in each),
        checked=sum(one.checked for one in each),
        unchecked=Share(sum(one.unchecked.hits for one in each), sum(one.unchecked.trials for one in each)),
        not_passed=sum(one.not_passed for one in each),
        abandoned=sum(one.abandoned for one in each),
    )


def compare(each: Sequence[CashierTally]) -> list[CashierLine]:
    """A line for every cashier, by store and name; the sales of which no cashier is known come last."""
    own = sorted(each, key=lambda one: (one.cashier == NOTHING, one.store, one.cashier))
    everybody = together(own).unchecked
    lines = []
    for one in own:
        others = Share(everybody.hits - one.unchecked.hits, everybody.trials - one.unchecked.trials)
        lines.append(CashierLine(one, others, None, _excuse(one, others)))
    compared = [number for number, line in enumerate(lines) if not line.remark]
    p_values = [p_value_of_difference(lines[number].cashier.unchecked, lines[number].others) for number in compared]
    for number, rate in zip(compared, false_discovery_rates(p_values), strict=True):
        line = lines[number]
        lines[number] = replace(line, rate=rate, remark=_remark(line.cashier.unchecked, line.others, rate))
    return lines


def _excuse(own: CashierTally, others: Share) -> str:
    """Why a cashier is not compared; empty for one who is."""
    if own.cashier == NOTHING:
        return "the till named no cashier"
    if own.unchecked.trials < FEWEST_SALES:
        return "too few sales to say anything"
    if others.trials < FEWEST_SALES:
        return "too few sales of others to compare with"
    return ""


def _remark(own: Share, others: Share, rate: float) -> str:
    if rate > FALSE_DISCOVERIES:
        return "no clear difference from the others"
    more_or_less = "less" if own.value > others.value else "more"
    return f"checks reported {more_or_less} often than by the others"


def stores_of(lines: Sequence[CashierLine]) -> list[str]:
    return sorted({line.cashier.store for line in lines})


def about_sales(period: Period, sales: int, lanes: Collection[tuple[str, str]]) -> str:
    """Which sales a report is about, in a line. lanes: with their stores, which are named where there are several."""
    found, stores = f"Restricted sales {period}: {sales}.", sorted({store for store, _ in lanes})
    if len(stores) > 1:
        found += f" Stores: {', '.join(stores)}. Lanes: {len(lanes)}."
    elif lanes:
        found += f" Lanes: {', '.join(sorted(lane for _, lane in lanes))}."
    return visible(found)


def notes(lines: Sequence[CashierLine]) -> list[str]:
    """What a reader must know so as to be fair."""
    everybody = together([line.cashier for line in lines])
    compared = sum(line.rate is not None for line in lines)
    found = [
        "ID due: the till's last word was CHALLENGE or UNKNOWN. Checked: of these, the till reported a check.",
        "Unchecked: completed with ID due and no reported check. Who asks but does not tell the till counts here too.",
        f"Others: the same share for everybody else together. {compared} cashiers are compared; of those who are said "
        f"to differ, no more than {100 * FALSE_DISCOVERIES:g} % are expected to do so by chance (Fisher's exact test; "
        "Benjamini and Hochberg 1995). The intervals are each one's own, 95 %.",
    ]
    if len(stores_of(lines)) > 1:
        found.append("Others are those of all stores: what a whole store does otherwise shows in each of its cashiers.")
    if everybody.not_passed:
        found.append(
            f"{_sales(everybody.not_passed)} completed although the reported check had failed or no document was "
            "shown; edge-agent report sales lists them."
        )
    if everybody.abandoned:
        found.append(
            f"{_sales(everybody.abandoned)} abandoned, with an end that is not known, and counted in no share."
        )
    return found


def _sales(count: int) -> str:
    return "1 sale was" if count == 1 else f"{count} sales were"
