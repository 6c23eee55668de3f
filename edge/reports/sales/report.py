"""`edge-agent report sales`: its declaration, and what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.commands import visible
from edge.reports.folders import state_folders
from edge.reports.logs import read_restricted_sales, restricted_sales_headline
from edge.reports.output import ReportContent
from edge.reports.report import Report
from edge.reports.sales.tables import sales_csv, sales_table
from edge.reports.tables import NOTHING

if TYPE_CHECKING:
    from argparse import Namespace

    from edge.commands import Parser


def _add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "--cashier", metavar="ID", help=f"only sales of this cashier; {NOTHING} for sales without a cashier"
    )


def _run(arguments: Namespace) -> ReportContent:
    sales = read_restricted_sales(state_folders(arguments), arguments.period)
    headline = restricted_sales_headline(arguments.period, len(sales), {("", sale.lane) for sale in sales})
    if arguments.cashier:
        sales = [sale for sale in sales if (sale.cashier_id or NOTHING) == arguments.cashier]
        headline += f" Cashier {visible(arguments.cashier)} only: {len(sales)}."
    return ReportContent(
        title="Restricted sales",
        headline=headline,
        tables=[sales_table(sales)] if sales else [],
        csv=sales_csv(sales),
    )


SALES = Report(
    name="sales", help="every restricted sale, oldest first", run=_run, formats=("csv",), add_arguments=_add_arguments
)
