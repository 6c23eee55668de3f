"""How to read the cashiers report. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.reports.cashiers.cashiers import stores_of, total
from edge.reports.discoveries import MAX_FALSE_DISCOVERY_RATE
from edge.reports.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.cashiers.cashiers import CashierLine


def notes(lines: Sequence[CashierLine]) -> list[str]:
    """What a reader must know to judge the cashiers fairly."""
    everybody = total([line.cashier for line in lines])
    compared = sum(line.rate is not None for line in lines)
    found = [
        "ID due: the last answer to the till was CHALLENGE or UNKNOWN. Checked: ID was due and the till reported a "
        "check.",
        "Unchecked: completed with ID due and no reported check. This includes checks that the cashier made but did "
        "not enter at the till.",
        f"Others: the same share of all other cashiers together. {counted(compared, 'cashier is', 'cashiers are')} "
        f"compared. Of those reported as different, at most {100 * MAX_FALSE_DISCOVERY_RATE:g} % are expected to "
        "differ by chance only (Fisher's exact test; Benjamini and Hochberg 1995). Each 95 % interval is for one "
        "cashier.",
    ]
    if len(stores_of(lines)) > 1:
        found.append("The others are from all stores, so a difference of a whole store shows in each of its cashiers.")
    if everybody.not_passed:
        found.append(
            f"{_sales(everybody.not_passed)} completed although the reported check failed or no document was shown; "
            "edge-agent report sales lists them."
        )
    if everybody.abandoned:
        found.append(f"{_sales(everybody.abandoned)} abandoned: the end is unknown, and no share counts them.")
    return found


def _sales(count: int) -> str:
    return counted(count, "sale was", "sales were")
