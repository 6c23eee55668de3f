"""How to read the cashiers report. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.language.formats import Shown, percent
from edge.language.words import Words, counted, words
from edge.reports.cashiers.cashiers import stores_of
from edge.reports.cashiers.tallies import total
from edge.reports.discoveries import MAX_FALSE_DISCOVERY_RATE
from edge.reports.shares import FEWEST_TRIALS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edge.reports.cashiers.cashiers import CashierLine
    from edge.reports.cashiers.tallies import CashierTally


def notes(lines: Sequence[CashierLine]) -> list[Words]:
    """What a reader must know to judge the cashiers fairly."""
    everybody = total([line.cashier for line in lines])
    compared = sum(line.rate is not None for line in lines)
    found: list[Words] = [
        words(
            "A sale belongs to who closed it, a check to who made it. ID due: restricted goods were sold, and the last "
            "answer to the till was to ask for ID."
        ),
        words(
            "No check: ID was due, and no check was reported that was for the minimum age of the goods. This includes "
            "checks that were made but not entered at the till."
        ),
        counted(
            "The others: the same share of all other cashiers together. {n} cashier is compared; it takes {fewest} "
            "sales. Of those reported as different, at most {false} are expected to differ by chance only (Fisher's "
            "exact test; Benjamini and Hochberg 1995). Each 95 % interval is for one cashier.",
            "The others: the same share of all other cashiers together. {n} cashiers are compared; it takes {fewest} "
            "sales. Of those reported as different, at most {false} are expected to differ by chance only (Fisher's "
            "exact test; Benjamini and Hochberg 1995). Each 95 % interval is for one cashier.",
            compared,
            fewest=FEWEST_TRIALS,
            false=Shown(percent, MAX_FALSE_DISCOVERY_RATE),
        ),
    ]
    if len(stores_of(lines)) > 1:
        found.append(
            words("The others are from all stores, so a difference of a whole store shows in each of its cashiers.")
        )
    return [*found, *_about_sales(everybody), *_about_checks(everybody)]


def _about_sales(everybody: CashierTally) -> Iterator[Words]:
    if everybody.after_payment:
        yield counted(
            "{n} sale was checked only after the payment; that counts as checked.",
            "{n} sales were checked only after the payment; that counts as checked.",
            everybody.after_payment,
        )
    ended = everybody.ended
    if ended["withdrawn"]:
        yield counted(
            "{n} sale was withdrawn: nothing restricted was left, and no share counts it.",
            "{n} sales were withdrawn: nothing restricted was left, and no share counts them.",
            ended["withdrawn"],
        )
    if ended["suspended"]:
        yield counted(
            "{n} sale was suspended and not resumed at the same lane; no share counts it.",
            "{n} sales were suspended and not resumed at the same lane; no share counts them.",
            ended["suspended"],
        )
    if ended["abandoned"]:
        yield counted(
            "{n} sale was abandoned: the end is unknown, and no share counts it.",
            "{n} sales were abandoned: the end is unknown, and no share counts them.",
            ended["abandoned"],
        )


def _about_checks(everybody: CashierTally) -> Iterator[Words]:
    if everybody.checks.made:
        yield words(
            "Checks: all that were reported, also several in a sale. Not shown: no document was shown. Not reported: "
            "the till did not report how the age was known."
        )
