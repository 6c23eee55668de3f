"""Selects the sales to list: those of a person, and those with a finding, an end or a means of checking. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, get_args

from edge.language.words import Words, words
from edge.records.records import Ended
from edge.reports.compliance import is_checked_after_payment, is_sold_after_failed_check, is_unchecked
from edge.reports.sale_words import ENDS, MEANS
from edge.reports.tables import NOTHING
from edge.till.messages import CheckMeans

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from edge.records.records import SaleRecord


def _ended(value: str, sale: SaleRecord) -> bool:
    return (sale.ended or "abandoned") == value


def _checked_by_means(value: str, sale: SaleRecord) -> bool:
    return sale.last_check is not None and sale.last_check.means == value


SELECTIONS: dict[str, Callable[[SaleRecord], bool]] = {
    "unchecked": is_unchecked,
    "sold-after-failed-check": is_sold_after_failed_check,
    "checked-after-payment": is_checked_after_payment,
    **{value: partial(_ended, value) for value in get_args(Ended)},
    **{value: partial(_checked_by_means, value) for value in get_args(CheckMeans)},
}
"""By the words for `report sales --only`."""

SELECTION_WORDS: dict[str, Words] = {
    "unchecked": words("without a check"),
    "sold-after-failed-check": words("sold after a failed check"),
    "checked-after-payment": words("checked after the payment"),
    **ENDS,
    **MEANS,
}
"""The same words for people."""


def selected(
    sales: Iterable[SaleRecord], only: Collection[str], seller: str | None, checker: str | None
) -> list[SaleRecord]:
    """The sales that any word of `only` describes, that `seller` closed, and in which `checker` made a check.

    Empty or None: no such condition. NOTHING as a person: nobody was named.
    """
    return [
        sale
        for sale in sales
        if (not only or any(SELECTIONS[word](sale) for word in only))
        and (seller is None or (sale.cashier_id or NOTHING) == seller)
        and (checker is None or any((check.cashier_id or NOTHING) == checker for check in sale.checks))
    ]
