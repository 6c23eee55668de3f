"""The cashiers report as tables for people and as CSV for programs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from edge.records.records import Ended
from edge.reports.cashiers.cashiers import stores_of
from edge.reports.cashiers.tallies import total
from edge.reports.compliance import SEEN
from edge.reports.tables import NOTHING, Table, as_csv

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence

    from edge.reports.cashiers.cashiers import CashierLine
    from edge.reports.cashiers.tallies import CashierTally
    from edge.reports.shares import Share

ENDS: tuple[str, ...] = get_args(Ended)


def cashiers_tables(lines: Sequence[CashierLine]) -> list[Table]:
    """For people: the sold goods, how the sales ended, the checks, and the managers' overrides, each if there are any.
    The store is a column only if there are several."""
    selling = [line for line in lines if line.cashier.sales]
    checking = [line.cashier for line in lines if line.cashier.checks.made]
    tables = [_sales_table(selling), _ends_table([line.cashier for line in selling])] if selling else []
    if checking:
        tables.append(_checks_table(checking))
    if total(checking).checks.overrides:
        tables.append(_overrides_table(checking))
    several_stores = len(stores_of(lines)) > 1
    return [_with_store(table) if several_stores else _without_store(table) for table in tables]


def cashiers_csv(lines: Sequence[CashierLine]) -> str:
    """For programs: shares from 0 to 1; an empty cell for a share of no sales and for an unknown cashier."""
    columns = (
        "store", "cashier_id", "sales", *map(_name, ENDS), "completed_id_due", "unchecked", "unchecked_share",
        "share_low", "share_high", "others_share", "false_discovery_rate", "sold_after_failed_check",
        "checked_after_payment", "checks_made", "checks_failed", *(f"seen_{_name(seen)}" for seen in SEEN),
        "overrides_authorised_by", "remark",
    )  # fmt: skip
    return as_csv(columns, (_csv_row(line) for line in lines))


def _sales_table(lines: Sequence[CashierLine]) -> Table:
    columns = (
        "store", "cashier", "sold", "ID due", "unchecked", "share", "95 % interval", "others",
        "sold after failed check", "not asked", "remark",
    )  # fmt: skip
    rows = [_sales_row(line.cashier, _percent(line.others), line.remark) for line in lines]
    rows.append(_sales_row(total([line.cashier for line in lines]), NOTHING, ""))
    return Table(columns, tuple(rows), frozenset(columns[2:-1]), total=True)


def _ends_table(cashiers: Sequence[CashierTally]) -> Table:
    return _counts_table("How the sales ended", cashiers, ("sales", *ENDS), lambda tally: tally.ended)


def _checks_table(cashiers: Sequence[CashierTally]) -> Table:
    def counts(tally: CashierTally) -> Counter[str]:
        return tally.checks.seen

    table = _counts_table("Checks, by who made them, and how the age was known", cashiers, ("checks", *SEEN), counts)
    failed = [str(tally.checks.failed) for tally in (*cashiers, total(cashiers))]
    rows = [(*row[:3], number, *row[3:]) for row, number in zip(table.rows, failed, strict=True)]
    columns = (*table.columns[:3], "failed", *table.columns[3:])
    return Table(columns, tuple(rows), frozenset(columns[2:]), total=True, title=table.title)


def _overrides_table(cashiers: Sequence[CashierTally]) -> Table:
    columns = ("store", "cashier", "authorised by", "overrides")
    rows = [
        (tally.store, tally.cashier, manager, str(count))
        for tally in cashiers
        for manager, count in sorted(tally.checks.overrides.items())
    ]
    return Table(columns, tuple(rows), frozenset({"overrides"}), title="Checks that a manager decided")


def _counts_table(
    title: str, cashiers: Sequence[CashierTally], names: Sequence[str], counts: Callable[[CashierTally], Counter[str]]
) -> Table:
    """A column for the sum and one for each name that occurs. names: the first is that of the sum."""
    everybody = total(cashiers)
    occurring = [name for name in names[1:] if counts(everybody)[name]]
    columns = ("store", "cashier", names[0], *(_words(name) for name in occurring))
    rows = tuple(
        (tally.store, tally.cashier, str(counts(tally).total()), *(str(counts(tally)[name]) for name in occurring))
        for tally in (*cashiers, everybody)
    )
    return Table(columns, rows, frozenset(columns[2:]), total=True, title=title)


def _with_store(table: Table) -> Table:
    return Table(table.columns, table.rows, table.numbers, table.total, 2, table.title)


def _without_store(table: Table) -> Table:
    rows = tuple(row[1:] for row in table.rows)
    return Table(table.columns[1:], rows, table.numbers, table.total, 1, table.title)


def _percent(share: Share) -> str:
    return f"{100 * share.value:.1f} %" if share.trials else NOTHING


def _sales_row(tally: CashierTally, others: str, remark: str) -> tuple[str, ...]:
    low, high = (100 * end for end in tally.unchecked.interval)
    return (
        tally.store,
        tally.cashier,
        str(tally.sold),
        str(tally.unchecked.trials),
        str(tally.unchecked.hits),
        _percent(tally.unchecked),
        f"{low:.1f} to {high:.1f} %" if tally.unchecked.trials else NOTHING,
        others,
        str(tally.after_failed_check),
        str(tally.not_asked),
        remark,
    )


def _csv_row(line: CashierLine) -> tuple[object, ...]:
    tally, share, checks = line.cashier, line.cashier.unchecked, line.cashier.checks
    return (
        tally.store,
        None if tally.cashier == NOTHING else tally.cashier,
        tally.sales,
        *(tally.ended[end] for end in ENDS),
        share.trials,
        share.hits,
        *((round(part, 6) for part in (share.value, *share.interval)) if share.trials else (None, None, None)),
        round(line.others.value, 6) if line.others.trials else None,
        None if line.rate is None else float(f"{line.rate:.3g}"),
        tally.after_failed_check,
        tally.after_payment,
        checks.made,
        checks.failed,
        *(checks.seen[seen] for seen in SEEN),
        "; ".join(f"{manager} ({count})" for manager, count in sorted(checks.overrides.items())) or None,
        line.remark,
    )


def _words(value: str) -> str:
    return "digital ID" if value == "digital-id" else value.replace("-", " ")


def _name(value: str) -> str:
    return value.replace("-", "_")
