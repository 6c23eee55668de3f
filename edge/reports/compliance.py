"""What a recorded sale says about those who sold and those who checked. Pure.

The seller is who closed the sale; a check belongs to whoever made it. They may be two people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from edge.till.messages import CheckMeans

if TYPE_CHECKING:
    from edge.records.records import CheckRecord, Ended, SaleRecord
    from edge.till.messages import CheckOutcome

SOLD: tuple[Ended, ...] = ("completed", "not-asked")
"""Ends of a sale in which something restricted was sold."""

NOT_PASSED: tuple[CheckOutcome, ...] = ("failed", "not-shown")

Seen = Literal[CheckMeans, "not-shown", "not-reported"]
"""How the age was known in a check. not-shown: not at all. not-reported: the till did not report it."""

SEEN: tuple[str, ...] = get_args(Seen)

CheckTime = Literal["before the sale", "before the first scan", "during the sale", "after payment", "after the end"]


def is_id_due(sale: SaleRecord) -> bool:
    """Whether something restricted was sold, and the last answer to the till was to ask for ID. A sale that the till
    never reported got no answer."""
    return sale.ended == "completed" and sale.should_have_asked


def is_unchecked(sale: SaleRecord) -> bool:
    """Whether ID was due and no check was reported that answers for the strictest item."""
    return is_id_due(sale) and sale.check is None


def is_sold_after_failed_check(sale: SaleRecord) -> bool:
    """Whether something restricted was sold although the last check failed or no document was shown."""
    return sale.ended in SOLD and sale.check in NOT_PASSED


def is_checked_after_payment(sale: SaleRecord) -> bool:
    """Whether something restricted was sold, and the check that counts was made after the payment."""
    check = sale.last_check
    return sale.ended in SOLD and check is not None and time_of_check(sale, check) == "after payment"


def checks_made(sale: SaleRecord) -> list[CheckRecord]:
    """All checks that were made in the sale, oldest first, without those of the lane that it was resumed from."""
    return [check for check in sale.checks if not check.carried]


def how_seen(outcome: str, means: str | None) -> str:
    """One of `SEEN`."""
    return "not-shown" if outcome == "not-shown" else means or "not-reported"


def time_of_check(sale: SaleRecord, check: CheckRecord) -> CheckTime:
    """When a check was made, relative to its sale."""
    if check.at < sale.opened_at:
        return "before the sale"
    if sale.closed_at is not None and check.at > sale.closed_at:
        return "after payment" if sale.ended in (*SOLD, "withdrawn") else "after the end"
    if sale.restricted_at is not None and check.at < sale.restricted_at:
        return "before the first scan"
    return "during the sale"
