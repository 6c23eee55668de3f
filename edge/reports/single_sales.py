"""The single sales that a director should talk about: those that were sold in spite of a check, or without any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.language.words import joined, words
from edge.reports.compliance import is_sold_after_failed_check, is_unchecked
from edge.reports.places import names_of, place_of
from edge.reports.sale_words import answer_words, check_words
from edge.reports.tables import NOTHING, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.records.records import SaleRecord


_MOST_LISTED = 10
"""Sales. `report sales` with --only and --cashier lists all."""


def failed_checks_table(sales: Sequence[SaleRecord]) -> list[Table]:
    """A table of the newest of these sales with their numbers, or none. sales: all of a report, oldest first."""
    found = [sale for sale in reversed(sales) if is_sold_after_failed_check(sale)]
    if not found:
        return []
    columns = (words("sale"), words("time"), words("lane"), words("cashier"), words("check"))
    title = words("Sold although the check failed or no document was shown")
    if len(found) > _MOST_LISTED:
        title = words("{title}: the newest {n} of {all}", title=title, n=_MOST_LISTED, all=len(found))
    lane = names_of(map(place_of, sales))
    rows = tuple(_row(sale, lane(place_of(sale))) for sale in found[:_MOST_LISTED])
    return [Table(columns, rows, keys=2, title=title)]


def unchecked_tables(sales: Sequence[SaleRecord], cashiers: Sequence[str]) -> list[Table]:
    """For each of these cashiers a table of the newest sales in which ID was due and nothing was checked. sales: all of
    a report, oldest first."""
    tables = []
    lane = names_of(map(place_of, sales))
    for name in cashiers:
        found = [sale for sale in reversed(sales) if is_unchecked(sale) and sale.cashier_id == name]
        if not found:
            continue
        columns = (words("sale"), words("time"), words("lane"), words("answer"))
        title = words("{name}: sales without a check", name=name)
        if len(found) > _MOST_LISTED:
            title = words("{title}: the newest {n} of {all}", title=title, n=_MOST_LISTED, all=len(found))
        rows = tuple((*_place(sale, lane(place_of(sale))), answer_words(sale)) for sale in found[:_MOST_LISTED])
        tables.append(Table(columns, rows, keys=2, title=title))
    return tables


def _row(sale: SaleRecord, lane: str) -> tuple[str, ...]:
    check = check_words(sale, sale.last_check) if sale.last_check else NOTHING
    return *_place(sale, lane), sale.cashier_id or NOTHING, check


def _place(sale: SaleRecord, lane: str) -> tuple[str, str, str]:
    """Its number, when it was opened, in local time, and where."""
    return sale.sale_id, joined("", [sale.opened_at]), f"{lane}, {sale.till}"
