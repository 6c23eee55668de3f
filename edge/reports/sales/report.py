"""`edge-agent report sales`: its declaration, and what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.commands import visible
from edge.reports.content import ReportContent
from edge.reports.folders import state_folders
from edge.reports.logs import (
    not_asked_warnings,
    read_restricted_sales,
    restricted_sales_headline,
    training_notes,
)
from edge.reports.report import Report
from edge.reports.sales.selection import SELECTIONS, selected
from edge.reports.sales.tables import sales_csv, sales_table
from edge.reports.tables import NOTHING

if TYPE_CHECKING:
    from argparse import Namespace

    from edge.commands import Parser


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
    found = read_restricted_sales(state_folders(arguments), arguments.period)
    headline = restricted_sales_headline(arguments.period, len(found.sales), {("", sale.lane) for sale in found.sales})
    sales = selected(found.sales, arguments.only, arguments.cashier, arguments.checked_by)
    conditions = [
        *([f"cashier {arguments.cashier}"] if arguments.cashier is not None else []),
        *([f"checked by {arguments.checked_by}"] if arguments.checked_by is not None else []),
        *([" or ".join(arguments.only)] if arguments.only else []),
    ]
    if conditions:
        headline += visible(f" Only {', '.join(conditions)}: {len(sales)}.")
    return ReportContent(
        title="Restricted sales",
        headline=headline,
        tables=[sales_table(sales)] if sales else [],
        csv=sales_csv(sales),
        warnings=not_asked_warnings(sum(sale.ended == "not-asked" for sale in found.sales)),
        notes=training_notes(found.training),
    )


SALES = Report(
    name="sales", help="every restricted sale, oldest first", run=_run, formats=("csv",), add_arguments=_add_arguments
)
