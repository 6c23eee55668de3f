"""The worst that a record can show: goods that a customer got although the check failed or no document was shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.language.words import joined, words
from edge.reports.compliance import is_sold_after_failed_check
from edge.reports.sale_words import check_words
from edge.reports.tables import NOTHING, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.records.records import SaleRecord


_MOST_LISTED = 10
"""Sales. `report sales --only sold-after-failed-check` lists all."""


def failed_checks_table(sales: Sequence[SaleRecord]) -> list[Table]:
    """A table of the newest of these sales with their numbers, or none. sales: all of a report, oldest first."""
    found = [sale for sale in reversed(sales) if is_sold_after_failed_check(sale)]
    if not found:
        return []
    columns = (words("sale"), words("time"), words("lane"), words("cashier"), words("check"))
    title = words("Sold although the check failed or no document was shown")
    if len(found) > _MOST_LISTED:
        title = words("{title}: the newest {n} of {all}", title=title, n=_MOST_LISTED, all=len(found))
    return [Table(columns, tuple(_row(sale) for sale in found[:_MOST_LISTED]), keys=2, title=title)]


def _row(sale: SaleRecord) -> tuple[str, ...]:
    check = check_words(sale, sale.last_check) if sale.last_check else NOTHING
    return sale.sale_id, joined("", [sale.opened_at]), f"{sale.lane}, {sale.till}", sale.cashier_id or NOTHING, check
