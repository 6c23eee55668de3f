"""`edge-agent report sales`: its declaration, and what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.language.words import Words, counted, joined, words
from edge.reports.compliance import is_id_due, is_sold_after_failed_check, is_unchecked
from edge.reports.content import ReportContent, title_of
from edge.reports.folders import state_folders
from edge.reports.logs import (
    after_failed_check_warnings,
    not_asked_warnings,
    nothing_yet,
    read_restricted_sales,
    restricted_sales_headline,
    training_notes,
)
from edge.reports.places import place_of
from edge.reports.report import Report
from edge.reports.sale_words import named
from edge.reports.sales.selection import SELECTION_WORDS, SELECTIONS, selected
from edge.reports.sales.tables import sales_csv, sales_table
from edge.reports.single_sales import failed_checks_table
from edge.reports.tables import NOTHING

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from edge.commands import Parser
    from edge.records.records import SaleRecord


def _add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "--cashier", metavar="ID", help=f"only sales that this cashier closed; {NOTHING} for sales without a cashier"
    )
    parser.add_argument(
        "--checked-by", metavar="ID", help=f"only sales with a check by this person; {NOTHING} for an unknown one"
    )
    parser.add_argument(
        "--only", nargs="+", choices=SELECTIONS, default=(), metavar="WHAT",
        help=f"only sales that are any of these: {', '.join(SELECTIONS)}",
    )  # fmt: skip


def _run(arguments: Namespace) -> ReportContent:
    names = arguments.store, arguments.box
    found = read_restricted_sales(state_folders(arguments), arguments.period, arguments.language, *names)
    headline = restricted_sales_headline(arguments.period, len(found.sales), set(map(place_of, found.sales)))
    sales = selected(found.sales, arguments.only, arguments.cashier, arguments.checked_by)
    conditions = _conditions(arguments)
    if conditions:
        headline = words("{all} Only {what}: {n}.", all=headline, what=joined(", ", conditions), n=len(sales))
    failed = [] if conditions else failed_checks_table(found.sales)
    tables = [*failed, *([sales_table(sales)] if sales else [])]
    # A reader of these sales needs no hint of where to find them.
    hinted = 0 if "sold-after-failed-check" in arguments.only else sum(map(is_sold_after_failed_check, found.sales))
    return ReportContent(
        title=title_of(words("Restricted sales"), arguments.shop.name),
        headline=headline,
        lead=([] if arguments.only else _lead(sales)) if found.sales else [nothing_yet(found.latest)],
        tables=tables,
        csv=sales_csv(sales),
        page_parts=tables,
        warnings=[
            *after_failed_check_warnings(hinted),
            *not_asked_warnings(sum(sale.ended == "not-asked" for sale in found.sales)),
        ],
        notes=training_notes(found.training),
    )


def _conditions(arguments: Namespace) -> list[Words]:
    found = []
    if arguments.cashier is not None:
        found.append(words("cashier {name}", name=arguments.cashier))
    if arguments.checked_by is not None:
        found.append(words("checked by {name}", name=arguments.checked_by))
    if arguments.only:
        found.append(joined(" / ", [named(SELECTION_WORDS, word) for word in arguments.only]))
    return found


def _lead(sales: Sequence[SaleRecord]) -> list[Words]:
    """How often a check was missing in the listed sales."""
    due, missing = sum(map(is_id_due, sales)), sum(map(is_unchecked, sales))
    if not due:
        return []
    return [
        counted(
            "No check in {missing} of {n} sale with ID due.",
            "No check in {missing} of {n} sales with ID due.",
            due,
            missing=missing,
        )
    ]


SALES = Report(
    name="sales", help="every restricted sale, oldest first", run=_run, formats=("csv", "html"),
    add_arguments=_add_arguments,
)  # fmt: skip
