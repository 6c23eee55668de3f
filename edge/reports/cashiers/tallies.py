"""Counts the sales that each cashier closed and the checks that each made. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge.reports.compliance import (
    SOLD,
    checks_made,
    how_seen,
    is_checked_after_payment,
    is_id_due,
    is_sold_after_failed_check,
    is_unchecked,
)
from edge.reports.shares import Share
from edge.reports.tables import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from edge.records.records import CheckRecord, SaleRecord

NAME_OF_TOTAL = "all"
"""The name in the total's row."""


@dataclass(frozen=True, slots=True)
class CheckTally:
    """Reported checks, by who made them. failed: the customer was too young. seen: by how the age was known, see
    `edge.reports.compliance.SEEN`. overrides: those that a manager decided, by who that was."""

    failed: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    overrides: Counter[str] = field(default_factory=Counter)

    @property
    def made(self) -> int:
        return self.seen.total()


@dataclass(frozen=True, slots=True)
class CashierTally:
    """The counts of one cashier, or of all together.

    cashier: unique within its store only. ended: the restricted sales that the cashier closed, by how they ended.
    unchecked: of the sold ones with ID due, those without a reported check. after_failed_check: sold although the
    last check failed or no document was shown. after_payment: sold, and checked only after the payment. checks: those
    that the cashier made, also in the sales of others.
    """

    store: str
    cashier: str
    ended: Counter[str] = field(default_factory=Counter)
    unchecked: Share = Share(0, 0)
    after_failed_check: int = 0
    after_payment: int = 0
    checks: CheckTally = field(default_factory=CheckTally)

    @property
    def sales(self) -> int:
        """All restricted sales, whatever their end."""
        return self.ended.total()

    @property
    def sold(self) -> int:
        """The sales in which something restricted was sold."""
        return sum(self.ended[end] for end in SOLD)

    @property
    def not_asked(self) -> int:
        """The sales of restricted goods that the till never reported."""
        return self.ended["not-asked"]


def tallies(sales: Iterable[SaleRecord], store: str) -> list[CashierTally]:
    """One tally for each person of each store who sold or checked. What has no cashier forms a tally of its own.

    sales: without exercises. store: of records of older versions, which have none.
    """
    sold_by: dict[tuple[str, str], list[SaleRecord]] = defaultdict(list)
    checked_by: dict[tuple[str, str], list[CheckRecord]] = defaultdict(list)
    for sale in sales:
        sold_by[sale.store or store, sale.cashier_id or NOTHING].append(sale)
        for check in checks_made(sale):
            checked_by[sale.store or store, check.cashier_id or NOTHING].append(check)
    people = dict.fromkeys([*sold_by, *checked_by])
    return [_tally(*person, sold_by.get(person, ()), checked_by.get(person, ())) for person in people]


def total(parts: Sequence[CashierTally], store: str = NOTHING, cashier: str = NAME_OF_TOTAL) -> CashierTally:
    """The sum of several tallies."""
    return CashierTally(
        store=store,
        cashier=cashier,
        ended=_sum(part.ended for part in parts),
        unchecked=Share(sum(part.unchecked.hits for part in parts), sum(part.unchecked.trials for part in parts)),
        after_failed_check=sum(part.after_failed_check for part in parts),
        after_payment=sum(part.after_payment for part in parts),
        checks=CheckTally(
            failed=sum(part.checks.failed for part in parts),
            seen=_sum(part.checks.seen for part in parts),
            overrides=_sum(part.checks.overrides for part in parts),
        ),
    )


def _tally(store: str, cashier: str, sales: Sequence[SaleRecord], checks: Sequence[CheckRecord]) -> CashierTally:
    """sales: those that the cashier closed. checks: those that the cashier made."""
    return CashierTally(
        store=store,
        cashier=cashier,
        # An unknown end is that of a sale that was left open.
        ended=Counter(sale.ended or "abandoned" for sale in sales),
        unchecked=Share(sum(map(is_unchecked, sales)), sum(map(is_id_due, sales))),
        after_failed_check=sum(map(is_sold_after_failed_check, sales)),
        after_payment=sum(map(is_checked_after_payment, sales)),
        checks=check_tally(Counter((check.outcome, check.means, check.authorised_by) for check in checks)),
    )


def check_tally(checks: Mapping[tuple[str, str | None, str | None], int]) -> CheckTally:
    """checks: how often each outcome, means and authoriser were reported together."""
    seen: Counter[str] = Counter()
    overrides: Counter[str] = Counter()
    for (outcome, means, authorised_by), count in checks.items():
        seen[how_seen(outcome, means)] += count
        if how_seen(outcome, means) == "manager-override":
            overrides[authorised_by or NOTHING] += count
    failed = sum(count for (outcome, *_), count in checks.items() if outcome == "failed")
    return CheckTally(failed, seen, overrides)


def _sum(counters: Iterable[Counter[str]]) -> Counter[str]:
    whole: Counter[str] = Counter()
    for counter in counters:
        whole.update(counter)
    return whole
