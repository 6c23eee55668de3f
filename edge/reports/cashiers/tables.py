"""The cashiers report as tables for people and as CSV for programs. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edge.language.formats import Shown, percent
from edge.language.words import Words, joined, verbatim, words
from edge.reports.cashiers.cashiers import stores_of
from edge.reports.cashiers.tallies import NAME_OF_TOTAL, total
from edge.reports.compliance import SEEN
from edge.reports.sale_words import ENDS, MEANS
from edge.reports.shares import FEWEST_TRIALS, Share
from edge.reports.tables import NOTHING, Table, as_csv, in_groups

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping, Sequence

    from edge.reports.cashiers.cashiers import CashierLine, Verdict
    from edge.reports.cashiers.tallies import CashierTally


REMARKS: dict[Verdict | None, Words] = {
    "less often": words("checks less often than the others"),
    "more often": words("checks more often than the others"),
    "alike": words("like the others"),
    "few sales": words("too few sales to compare"),
    "few sales of others": words("too few sales of others to compare with"),
    "no cashier": words("the till sent no cashier"),
    "no sale": words("closed no restricted sale"),
}


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
    everybody = total([line.cashier for line in lines])
    share = words("share without a check")
    columns: list[Words] = [
        words("store"), words("cashier"), words("sold"), words("ID due"), words("no check"), share,
        words("95 % interval"), words("the others"),
    ]  # fmt: skip
    rows = [_sales_row(line.cashier, line.others) for line in lines]
    rows.append(_sales_row(everybody, Share(0, 0)))
    tallies = [*(line.cashier for line in lines), everybody]
    for title, counts in (
        (words("sold after failed check"), [tally.after_failed_check for tally in tallies]),
        (words("not asked"), [tally.not_asked for tally in tallies]),
    ):
        if any(counts):
            columns.append(title)
            rows = [(*row, in_groups(count)) for row, count in zip(rows, counts, strict=True)]
    remarks = [*(REMARKS[line.verdict] for line in lines), verbatim("")]
    rows = [(*row, remark) for row, remark in zip(rows, remarks, strict=True)]
    title = words("Checks by cashier")
    marked = frozenset(number for number, line in enumerate(lines) if line.stands_out)
    return Table(
        (*columns, words("compared")), tuple(rows), frozenset(columns[2:]), total=True, title=title, marked=marked
    )  # fmt: skip


def _ends_table(cashiers: Sequence[CashierTally]) -> Table:
    title = words("How the sales ended")
    return _counts_table(title, cashiers, words("sales"), ENDS, lambda tally: tally.ended)


def _checks_table(cashiers: Sequence[CashierTally]) -> Table:
    def counts(tally: CashierTally) -> Counter[str]:
        return tally.checks.seen

    title = words("Checks, by who made them, and how the age was known")
    table = _counts_table(title, cashiers, words("checks"), MEANS, counts)
    failed = [in_groups(tally.checks.failed) for tally in (*cashiers, total(cashiers))]
    rows = [(*row[:3], number, *row[3:]) for row, number in zip(table.rows, failed, strict=True)]
    columns = (*table.columns[:3], words("too young"), *table.columns[3:])
    return Table(columns, tuple(rows), frozenset(columns[2:]), total=True, title=title)


def _overrides_table(cashiers: Sequence[CashierTally]) -> Table:
    columns = (words("store"), words("cashier"), words("authorised by"), words("overrides"))
    rows = [
        (tally.store, tally.cashier, manager, in_groups(count))
        for tally in cashiers
        for manager, count in sorted(tally.checks.overrides.items())
    ]
    return Table(columns, tuple(rows), frozenset(columns[3:]), title=words("Checks that a manager decided"))


def _counts_table(
    title: Words, cashiers: Sequence[CashierTally], of_sum: Words, names: Mapping[str, Words],
    counts: Callable[[CashierTally], Counter[str]],
) -> Table:  # fmt: skip
    """A column for the sum and one for each value that occurs. of_sum: its name. names: of the values."""
    everybody = total(cashiers)
    occurring = [value for value in names if counts(everybody)[value]]
    columns = (words("store"), words("cashier"), of_sum, *(names[value] for value in occurring))
    rows = tuple(
        (
            tally.store,
            _name_of(tally),
            *map(in_groups, [counts(tally).total(), *(counts(tally)[value] for value in occurring)]),
        )
        for tally in (*cashiers, everybody)
    )
    return Table(columns, rows, frozenset(columns[2:]), total=True, title=title)


def _with_store(table: Table) -> Table:
    return replace(table, keys=2)


def _without_store(table: Table) -> Table:
    return replace(table, columns=table.columns[1:], rows=tuple(row[1:] for row in table.rows))


def _name_of(tally: CashierTally) -> str:
    return words("all") if tally.cashier == NAME_OF_TOTAL and tally.store == NOTHING else tally.cashier


def _percent(share: Share) -> str:
    """A share of too few sales is not shown."""
    if share.trials < FEWEST_TRIALS:
        return NOTHING
    return joined("", [Shown(percent, share.value, {"digits": 1})])


def _sales_row(tally: CashierTally, others: Share) -> tuple[str, ...]:
    share = tally.unchecked
    low, high = (Shown(percent, end, {"digits": 1}) for end in share.interval)
    return (
        tally.store,
        _name_of(tally),
        in_groups(tally.sold),
        in_groups(share.trials),
        in_groups(share.hits),
        _percent(share),
        joined(" – ", [low, high]) if share.trials >= FEWEST_TRIALS else NOTHING,
        _percent(others),
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
        REMARKS[line.verdict],
    )


def _name(value: str) -> str:
    return value.replace("-", "_")
