"""The restricted sales as a table and as CSV, one row for each sale."""

from __future__ import annotations

from datetime import timezone
from typing import TYPE_CHECKING

from edge.reports.compliance import time_of_check
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
    "withdrawn_at", "suspended_at", "closed_at", "resumed_from", "resumed_as",
)  # fmt: skip

_ASKS_EVERYBODY = 101
"""The threshold of a lane that asks everybody."""


def sales_table(sales: Sequence[SaleRecord]) -> Table:
    """For people: times in local time."""
    columns = ("opened at", "cashier", "answer", "check", "end")
    return Table(columns, tuple(_row(sale) for sale in sales))


def sales_csv(sales: Sequence[SaleRecord]) -> str:
    """For programs: times in UTC, unrounded numbers, an empty cell for a missing value. The check is the last one that
    is for the minimum age of the goods; all_checks has all, oldest first. Another sale is named LANE/TILL/SALE_ID."""
    return as_csv(_CSV_COLUMNS, (_csv_row(sale) for sale in sales))


def _row(sale: SaleRecord) -> tuple[str, ...]:
    return (
        f"{sale.opened_at.astimezone():%Y-%m-%d %H:%M:%S} {sale.lane} {sale.till}",
        sale.cashier_id or NOTHING,
        _answer(sale),
        _check(sale),
        _end(sale),
    )


def _answer(sale: SaleRecord) -> str:
    answer, age = sale.answer, "" if sale.minimum_age is None else f" for {sale.minimum_age}"
    if not answer:
        return "the till did not ask" if _never_asked(sale) else f"UNKNOWN{age}: no answer reached the till"
    words = [reason.value for reason in answer.reasons]
    if answer.age:
        words.append(f"age {answer.age.completed_years} ({answer.age.low:.0f} to {answer.age.high:.0f})")
    words.append(f"asks below about {answer.threshold}" if answer.threshold < _ASKS_EVERYBODY else "everybody asked")
    return f"{answer.decision.value}{age}: {', '.join(words)}"


def _never_asked(sale: SaleRecord) -> bool:
    return sale.ended == "not-asked" and not sale.alerts


def _check(sale: SaleRecord) -> str:
    check = sale.last_check
    if check:
        return _described(sale, check)
    # Such a check is no check of these goods, but a reader must see that it was made.
    return f"none for {sale.minimum_age}; {_described(sale, sale.checks[-1])}" if sale.checks else NOTHING


def _described(sale: SaleRecord, check: CheckRecord) -> str:
    words = [check.outcome if check.answers_for(sale.minimum_age) else f"{check.outcome} for {check.minimum_age}"]
    if check.means:
        words.append(check.means)
    if check.authorised_by:
        words.append(f"authorised by {check.authorised_by}")
    if check.cashier_id and check.cashier_id != sale.cashier_id:
        words.append(f"by {check.cashier_id}")
    if check.till != sale.till:
        words.append(f"at {check.till}")
    if (time := time_of_check(sale, check)) != "during the sale":
        words.append(time)
    return ", ".join(words)


def _end(sale: SaleRecord) -> str:
    words = [sale.ended or NOTHING]
    for way, other in (("from", sale.resumed_from), ("as", sale.resumed_as)):
        if other:
            words.append(f"resumed {way} {other.sale_id} ({other.lane or sale.lane} {other.till or sale.till})")
    return ", ".join(words)


def _csv_row(sale: SaleRecord) -> tuple[object, ...]:
    answer, check = sale.answer, sale.last_check
    age = answer.age if answer else None
    return (
        _utc(sale.opened_at),
        sale.lane,
        sale.till,
        sale.cashier_id,
        None if _never_asked(sale) else sale.decision.value,
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
