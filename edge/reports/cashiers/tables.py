"""The cashiers report as a table for people and as CSV for programs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.reports.cashiers.cashiers import stores_of, total
from edge.reports.tables import NOTHING, Table, as_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.cashiers.cashiers import CashierLine, CashierTally
    from edge.reports.shares import Share


def cashiers_table(lines: Sequence[CashierLine]) -> Table:
    """For people; the last row is the total. The store is a column only if there are several."""
    columns = (
        "store", "cashier", "sales", "ID due", "checked", "unchecked", "share", "95 % interval", "others",
        "completed, check not passed", "remark",
    )  # fmt: skip
    rows = [_row(line.cashier, _percent(line.others), line.remark) for line in lines]
    rows.append(_row(total([line.cashier for line in lines]), NOTHING, ""))
    first = 0 if len(stores_of(lines)) > 1 else 1
    return Table(columns[first:], tuple(row[first:] for row in rows), frozenset(columns[2:-1]), total=True)


def cashiers_csv(lines: Sequence[CashierLine]) -> str:
    """For programs: shares from 0 to 1; an empty cell for a share of no sales and for an unknown cashier."""
    columns = (
        "store", "cashier_id", "sales", "id_due", "checked", "completed_id_due", "unchecked", "unchecked_share",
        "share_low", "share_high", "others_share", "false_discovery_rate", "completed_check_not_passed", "remark",
    )  # fmt: skip
    return as_csv(columns, (_csv_row(line) for line in lines))


def _percent(share: Share) -> str:
    return f"{100 * share.value:.1f} %" if share.trials else NOTHING


def _row(tally: CashierTally, others: str, remark: str) -> tuple[str, ...]:
    low, high = (100 * end for end in tally.unchecked.interval)
    return (
        tally.store,
        tally.cashier,
        str(tally.sales),
        str(tally.due),
        str(tally.checked),
        f"{tally.unchecked.hits} of {tally.unchecked.trials}",
        _percent(tally.unchecked),
        f"{low:.1f} to {high:.1f} %" if tally.unchecked.trials else NOTHING,
        others,
        str(tally.not_passed),
        remark,
    )


def _csv_row(line: CashierLine) -> tuple[object, ...]:
    tally, share = line.cashier, line.cashier.unchecked
    return (
        tally.store,
        None if tally.cashier == NOTHING else tally.cashier,
        tally.sales,
        tally.due,
        tally.checked,
        share.trials,
        share.hits,
        *((round(part, 6) for part in (share.value, *share.interval)) if share.trials else (None, None, None)),
        round(line.others.value, 6) if line.others.trials else None,
        None if line.rate is None else float(f"{line.rate:.3g}"),
        tally.not_passed,
        line.remark,
    )
