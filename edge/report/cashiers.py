"""How each cashier's checks compare with everybody else's, in figures and in plain words. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.report.shares import Share
from edge.report.tables import NOTHING, Table, as_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.records import SaleRecord

FEWEST = 20
"""Sales without which a share says nothing: with 2 unchecked ones among 20 it may be 3 % as well as 30 %."""

EVERYBODY = "all"


@dataclass(frozen=True, slots=True)
class Tally:
    """What one cashier did, or all of them.

    sales: with something restricted. due: of those, where the till's last word was to ask for ID. checked: of the due
    ones, those with a check that the till reported. unchecked: the due ones that were completed without, of all due
    ones that were completed. not_passed: completed although the reported check had failed or no document was shown.
    """

    cashier: str
    sales: int
    due: int
    checked: int
    unchecked: Share
    not_passed: int


@dataclass(frozen=True, slots=True)
class Line:
    """A cashier beside all the others."""

    cashier: Tally
    others: Share
    remark: str


def tally(cashier: str, sales: Sequence[SaleRecord]) -> Tally:
    due = [sale for sale in sales if sale.should_have_asked]
    sold = [sale for sale in due if sale.ended == "completed"]
    return Tally(
        cashier=cashier,
        sales=len(sales),
        due=len(due),
        checked=sum(sale.check is not None for sale in due),
        unchecked=Share(sum(sale.check is None for sale in sold), len(sold)),
        not_passed=sum(sale.ended == "completed" and sale.check in ("failed", "not-shown") for sale in sales),
    )


def compare(sales: Sequence[SaleRecord]) -> list[Line]:
    """A line for every cashier, by name; the sales of which no cashier is known come last."""
    by_cashier = defaultdict(list)
    for sale in sales:
        by_cashier[sale.cashier_id or NOTHING].append(sale)
    store = tally(EVERYBODY, sales).unchecked
    lines = []
    for name in sorted(by_cashier, key=lambda name: (name == NOTHING, name)):
        own = tally(name, by_cashier[name])
        others = Share(store.hits - own.unchecked.hits, store.trials - own.unchecked.trials)
        lines.append(Line(own, others, _remark(own, others)))
    return lines


def _remark(own: Tally, others: Share) -> str:
    if own.cashier == NOTHING:
        return "the till named no cashier"
    if own.unchecked.trials < FEWEST:
        return "too few sales to say anything"
    if others.trials < FEWEST:
        return "too few sales of others to compare with"
    if own.unchecked.clearly_above(others):
        return "checks reported less often than by the others"
    if others.clearly_above(own.unchecked):
        return "checks reported more often than by the others"
    return "no clear difference from the others"


def notes(sales: Sequence[SaleRecord]) -> list[str]:
    """What a reader must know so as to be fair."""
    everybody = tally(EVERYBODY, sales)
    found = [
        "ID due: the till's last word was CHALLENGE or UNKNOWN. Checked: of these, the till reported a check.",
        "Unchecked: completed with ID due and no reported check. Who asks but does not tell the till counts here too.",
        "Others: the same share for everybody else together. A remark is made only where the 95 % interval of the "
        "difference leaves out zero; even so, among twenty cashiers who do alike about one is remarked on by chance.",
    ]
    if everybody.not_passed:
        found.append(
            f"{_sales(everybody.not_passed)} completed although the reported check had failed or no document was "
            "shown; edge-agent report sales lists them."
        )
    if abandoned := sum(sale.ended not in ("completed", "cancelled") for sale in sales):
        found.append(f"{_sales(abandoned)} abandoned, with an end that is not known, and counted in no share.")
    return found


def cashiers_table(lines: Sequence[Line], everybody: Tally) -> Table:
    """For people; the last row is everybody together."""
    columns = (
        "cashier", "sales", "ID due", "checked", "unchecked", "share", "95 % interval", "others",
        "sold, check not passed", "remark",
    )  # fmt: skip
    rows = [_row(line.cashier, percent(line.others), line.remark) for line in lines]
    return Table(columns, (*rows, _row(everybody, NOTHING, "")), frozenset(columns[1:-1]), total=True)


def cashiers_csv(lines: Sequence[Line]) -> str:
    """For programs: shares from 0 to 1, an empty cell where there is nothing to divide by or no cashier is known."""
    columns = (
        "cashier_id", "sales", "id_due", "checked", "completed_id_due", "unchecked", "unchecked_share", "share_low",
        "share_high", "others_share", "completed_check_not_passed", "remark",
    )  # fmt: skip
    return as_csv(columns, (_csv_row(line) for line in lines))


def percent(share: Share) -> str:
    return f"{share.value:.1%}".replace("%", " %") if share.trials else NOTHING


def _row(one: Tally, others: str, remark: str) -> tuple[str, ...]:
    low, high = (100 * end for end in one.unchecked.interval)
    return (
        one.cashier,
        str(one.sales),
        str(one.due),
        str(one.checked),
        f"{one.unchecked.hits} of {one.unchecked.trials}",
        percent(one.unchecked),
        f"{low:.1f} to {high:.1f} %" if one.unchecked.trials else NOTHING,
        others,
        str(one.not_passed),
        remark,
    )


def _csv_row(line: Line) -> tuple[object, ...]:
    one, share = line.cashier, line.cashier.unchecked
    return (
        None if one.cashier == NOTHING else one.cashier,
        one.sales,
        one.due,
        one.checked,
        share.trials,
        share.hits,
        *((round(part, 6) for part in (share.value, *share.interval)) if share.trials else (None, None, None)),
        round(line.others.value, 6) if line.others.trials else None,
        one.not_passed,
        line.remark,
    )


def _sales(count: int) -> str:
    return "1 sale was" if count == 1 else f"{count} sales were"
