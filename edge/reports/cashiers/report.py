"""`edge-agent report cashiers`: its declaration, and what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.errors import UsageError
from edge.reports.cashiers.cashiers import compare, tallies
from edge.reports.cashiers.notes import notes
from edge.reports.cashiers.page import page_parts
from edge.reports.cashiers.tables import cashiers_csv, cashiers_table
from edge.reports.folders import distinct, state_folders
from edge.reports.logs import read_restricted_sales, restricted_sales_headline
from edge.reports.output import ReportContent
from edge.reports.report import Report
from edge.settings.lanes import load_lanes

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from edge.reports.cashiers.cashiers import CashierTally


def _run(arguments: Namespace) -> ReportContent:
    if not arguments.folder and arguments.engine != "duckdb":
        raise UsageError("--engine is for exported files only: add --folder, or remove --engine")
    cashiers, headline, dropped = _from_files(arguments) if arguments.folder else _from_logs(arguments)
    lines = compare(cashiers)
    return ReportContent(
        title="Restricted sales by cashier",
        headline=headline,
        tables=[cashiers_table(lines)] if lines else [],
        csv=cashiers_csv(lines),
        page_parts=page_parts(lines),
        notes=notes(lines) if lines else (),
        dropped=dropped,
    )


def _from_logs(arguments: Namespace) -> tuple[Sequence[CashierTally], str, Sequence[str]]:
    """The tallies from the lanes' own audit logs, the headline, and what is missing (nothing)."""
    sales = read_restricted_sales(state_folders(arguments), arguments.period)
    store = load_lanes([], arguments.config)[0].insights.store
    headline = restricted_sales_headline(arguments.period, len(sales), {("", sale.lane) for sale in sales})
    return tallies(sales, store), headline, ()


def _from_files(arguments: Namespace) -> tuple[Sequence[CashierTally], str, Sequence[str]]:
    """The tallies from exported files, the headline, and one line for each thing that is missing or doubtful."""
    from edge.reports.cashiers.stores import doubts, read_stores
    from edge.reports.engine import engine

    if arguments.state_dir or arguments.config:
        raise UsageError("--folder reads exported files, --state-dir and --config audit logs: use one of them")
    with engine(arguments.engine, arguments.spark_master) as backend:
        stores, files = read_stores(backend, distinct(arguments.folder), arguments.period)
    lanes = [(lane.store, lane.lane) for lane in stores.lanes]
    headline = restricted_sales_headline(arguments.period, sum(lane.sales for lane in stores.lanes), lanes)
    return stores.tallies, headline, doubts(stores, files)


CASHIERS = Report(
    name="cashiers",
    help="reported checks by cashier, compared with all other cashiers",
    run=_run,
    folders="folders written by report export, of one store or several",
    engine=True,
    formats=("csv", "html"),
)
