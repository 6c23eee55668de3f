"""How to read the cashiers report. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.reports.cashiers.cashiers import stores_of
from edge.reports.cashiers.tallies import total
from edge.reports.discoveries import MAX_FALSE_DISCOVERY_RATE
from edge.reports.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edge.reports.cashiers.cashiers import CashierLine
    from edge.reports.cashiers.tallies import CashierTally


def notes(lines: Sequence[CashierLine]) -> list[str]:
    """What a reader must know to judge the cashiers fairly."""
    everybody = total([line.cashier for line in lines])
    compared = sum(line.rate is not None for line in lines)
    found = [
        "A sale belongs to who closed it, a check to who made it. ID due: restricted goods were sold, and the last "
        "answer to the till was CHALLENGE or UNKNOWN.",
        "Unchecked: ID was due, and no check was reported that was for the minimum age of the goods. This includes "
        "checks that were made but not entered at the till.",
        f"Others: the same share of all other cashiers together. {counted(compared, 'cashier is', 'cashiers are')} "
        f"compared. Of those reported as different, at most {100 * MAX_FALSE_DISCOVERY_RATE:g} % are expected to "
        "differ by chance only (Fisher's exact test; Benjamini and Hochberg 1995). Each 95 % interval is for one "
        "cashier.",
    ]
    if len(stores_of(lines)) > 1:
        found.append("The others are from all stores, so a difference of a whole store shows in each of its cashiers.")
    return [*found, *_about_sales(everybody), *_about_checks(everybody)]


def _about_sales(everybody: CashierTally) -> Iterator[str]:
    if everybody.after_failed_check:
        yield (
            f"Restricted goods were sold in {counted(everybody.after_failed_check, 'sale', 'sales')} although the last "
            "check failed or no document was shown; edge-agent report sales --only sold-after-failed-check lists them."
        )
    if everybody.after_payment:
        yield f"{_sales(everybody.after_payment)} checked only after the payment; that counts as checked."
    ended = everybody.ended
    if ended["withdrawn"]:
        yield f"{_sales(ended['withdrawn'])} withdrawn: nothing restricted was left, and no share counts them."
    if ended["suspended"]:
        yield f"{_sales(ended['suspended'])} suspended and not resumed at the same lane; no share counts them."
    if ended["abandoned"]:
        yield f"{_sales(ended['abandoned'])} abandoned: the end is unknown, and no share counts them."


def _about_checks(everybody: CashierTally) -> Iterator[str]:
    if everybody.checks.made:
        yield (
            "Checks: all that were reported, also several in a sale. Not shown: no document was shown. Not reported: "
            "the till did not report how the age was known."
        )


def _sales(count: int) -> str:
    return counted(count, "sale was", "sales were")
