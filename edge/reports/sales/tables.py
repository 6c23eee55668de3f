"""The restricted sales as a table and as CSV, one row for each sale."""

from __future__ import annotations

from datetime import timezone
from typing import TYPE_CHECKING

from edge.language.words import Words, joined, verbatim, words
from edge.reports.compliance import is_id_due, is_sold_after_failed_check, is_unchecked, time_of_check
from edge.reports.places import names_of, place_of
from edge.reports.sale_words import ENDS, answer_words, check_words, named, never_asked
from edge.reports.tables import NOTHING, Table, as_csv

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from edge.records.records import CheckRecord, SaleRecord
    from edge.till.messages import SaleReference

_CSV_COLUMNS = (
    "opened_at", "lane", "till", "cashier_id", "decision", "reasons", "age_mean", "age_low", "age_high", "threshold",
    "check", "ended", "sale_id", "minimum_age", "legal_age", "checked_by", "means", "authorised_by", "check_till",
    "check_minimum_age", "checked_at", "check_time", "all_checks", "opened_by", "closed_by", "restricted_at",
    "withdrawn_at", "suspended_at", "closed_at", "resumed_from", "resumed_as", "store", "box",
)  # fmt: skip


def sales_table(sales: Sequence[SaleRecord]) -> Table:
    """For people: times in local time. Sales without a due check stand out, and those in spite of a check."""
    columns = (
        words("sale"), words("time"), words("lane"), words("cashier"), words("answer"), words("check"), words("end"),
    )  # fmt: skip
    lane = names_of(map(place_of, sales))
    rows = tuple(_row(sale, lane(place_of(sale))) for sale in sales)
    marked = (number for number, sale in enumerate(sales) if is_unchecked(sale) or is_sold_after_failed_check(sale))
    return Table(columns, rows, keys=2, title=words("Sales"), marked=frozenset(marked))


def sales_csv(sales: Sequence[SaleRecord]) -> str:
    """For programs: times in UTC, unrounded numbers, an empty cell for a missing value. The check is the last one that
    is for the minimum age of the goods; all_checks has all, oldest first. Another sale is named LANE/TILL/SALE_ID."""
    return as_csv(_CSV_COLUMNS, (_csv_row(sale) for sale in sales))


def _row(sale: SaleRecord, lane: str) -> tuple[str, ...]:
    return (
        sale.sale_id,
        joined("", [sale.opened_at]),
        f"{lane}, {sale.till}",
        sale.cashier_id or NOTHING,
        answer_words(sale),
        _check(sale),
        _end(sale),
    )


def _check(sale: SaleRecord) -> str:
    check = sale.last_check
    if check:
        return check_words(sale, check)
    # Such a check is no check of these goods, but a reader must see that it was made.
    if sale.checks:
        return joined("; ", [words("none for {age}", age=sale.minimum_age), check_words(sale, sale.checks[-1])])
    return words("no check") if is_id_due(sale) else NOTHING


def _end(sale: SaleRecord) -> Words:
    found = [named(ENDS, sale.ended) if sale.ended else verbatim(NOTHING)]
    if sale.resumed_from:
        found.append(words("resumed from {sale}", sale=_place(sale.resumed_from, sale)))
    if sale.resumed_as:
        found.append(words("resumed as {sale}", sale=_place(sale.resumed_as, sale)))
    return joined(", ", found)


def _place(other: SaleReference, sale: SaleRecord) -> str:
    return f"{other.sale_id} ({other.lane or sale.lane} {other.till or sale.till})"


def _csv_row(sale: SaleRecord) -> tuple[object, ...]:
    answer, check = sale.answer, sale.last_check
    age = answer.age if answer else None
    return (
        _utc(sale.opened_at),
        sale.lane,
        sale.till,
        sale.cashier_id,
        None if never_asked(sale) else sale.decision.value,
        " ".join(reason.value for reason in answer.reasons) if answer else None,
        age.mean if age else None,
        age.low if age else None,
        age.high if age else None,
        answer.threshold if answer else None,
        sale.check,
        sale.ended,
        sale.sale_id,
        sale.minimum_age,
        answer.legal_age if answer else None,
        *_check_cells(sale, check),
        "; ".join(_listed(one) for one in sale.checks) or None,
        sale.opened_by,
        sale.closed_by,
        *map(_utc, (sale.restricted_at, sale.withdrawn_at, sale.suspended_at, sale.closed_at)),
        _name(sale.resumed_from, sale),
        _name(sale.resumed_as, sale),
        sale.store,
        sale.box,
    )


def _check_cells(sale: SaleRecord, check: CheckRecord | None) -> tuple[object, ...]:
    if not check:
        return (None,) * 7
    return (
        check.cashier_id,
        check.means,
        check.authorised_by,
        check.till,
        check.minimum_age,
        _utc(check.at),
        time_of_check(sale, check),
    )


def _listed(check: CheckRecord) -> str:
    """A check in one line, such as `2026-11-01T12:00:00.000Z passed for 18 by anna at till-1, document`."""
    words = [f"{_utc(check.at)} {check.outcome}"]
    words += [f"for {check.minimum_age}"] if check.minimum_age is not None else []
    words += [f"by {check.cashier_id}"] if check.cashier_id else []
    words.append(f"at {check.till}")
    words[-1] += f", {check.means}" if check.means else ""
    words += [f"authorised by {check.authorised_by}"] if check.authorised_by else []
    return " ".join(words)


def _name(other: SaleReference | None, sale: SaleRecord) -> str | None:
    """LANE/TILL/SALE_ID of another sale; lane and till are those of this sale unless it says otherwise."""
    return f"{other.lane or sale.lane}/{other.till or sale.till}/{other.sale_id}" if other else None


def _utc(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
