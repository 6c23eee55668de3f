"""`edge-agent report cashiers`: its declaration, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.errors import UsageError
from edge.language.words import Words, words
from edge.reports.cashiers.cashiers import compare
from edge.reports.cashiers.lead import MOST_CASHIERS, lead
from edge.reports.cashiers.notes import notes
from edge.reports.cashiers.page import page_parts
from edge.reports.cashiers.tables import cashiers_csv, cashiers_tables
from edge.reports.cashiers.tallies import tallies, total
from edge.reports.content import ReportContent, title_of
from edge.reports.folders import distinct, state_folders
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
from edge.reports.single_sales import failed_checks_table, unchecked_tables

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from edge.records.records import SaleRecord
    from edge.reports.cashiers.tallies import CashierTally


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the figures come from. training: how many exercises were left out. dropped: one line for each thing that
    is missing or doubtful. sales: the single sales, oldest first; exported files do not have them. empty: why there are
    no sales, if there are none."""

    cashiers: Sequence[CashierTally]
    headline: Words
    training: int
    dropped: Sequence[str] = ()
    sales: Sequence[SaleRecord] = ()
    empty: Sequence[Words] = ()


def _run(arguments: Namespace) -> ReportContent:
    if not arguments.folder and arguments.engine != "duckdb":
        raise UsageError(words("--engine is for exported files only: add --folder, or remove --engine"))
    source = _from_files(arguments) if arguments.folder else _from_logs(arguments)
    lines, everybody = compare(source.cashiers), total(source.cashiers)
    worst = failed_checks_table(source.sales)
    named = [line.cashier.cashier for line in lines if line.stands_out] if source.sales else []
    talk_about = unchecked_tables(source.sales, named[:MOST_CASHIERS])
    drawn = arguments.html or arguments.pdf
    return ReportContent(
        title=title_of(words("Age checks by cashier"), arguments.shop.name),
        headline=source.headline,
        lead=[*source.empty, *lead(lines)],
        tables=[*worst, *talk_about, *cashiers_tables(lines)],
        csv=cashiers_csv(lines),
        page_parts=page_parts(lines, worst, talk_about, arguments.language) if drawn else (),
        warnings=[
            *after_failed_check_warnings(everybody.after_failed_check), *not_asked_warnings(everybody.not_asked)
        ],
        notes=[*(notes(lines) if lines else ()), *training_notes(source.training)],
        dropped=source.dropped,
    )  # fmt: skip


def _from_logs(arguments: Namespace) -> _Source:
    """The lanes' own audit logs."""
    names = arguments.store, arguments.box
    found = read_restricted_sales(state_folders(arguments), arguments.period, arguments.language, *names)
    headline = restricted_sales_headline(arguments.period, len(found.sales), set(map(place_of, found.sales)))
    return _Source(
        tallies(found.sales, arguments.store),
        headline,
        found.training,
        sales=found.sales,
        empty=[] if found.sales else [nothing_yet(found.latest)],
    )


def _from_files(arguments: Namespace) -> _Source:
    """Exported files."""
    from edge.reports.cashiers.stores import doubts, read_stores
    from edge.reports.engine import engine

    if arguments.state_dir or arguments.config:
        raise UsageError(words("--folder reads exported files, --state-dir and --config audit logs: use one of them"))
    with engine(arguments.engine, arguments.spark_master) as backend:
        stores, files = read_stores(backend, distinct(arguments.folder), arguments.period)
    lanes = [(lane.store, lane.box, lane.lane) for lane in stores.lanes]
    headline = restricted_sales_headline(arguments.period, sum(lane.sales for lane in stores.lanes), lanes)
    return _Source(stores.tallies, headline, stores.training, doubts(stores, files))


CASHIERS = Report(
    name="cashiers",
    help="reported checks by cashier, compared with all other cashiers",
    run=_run,
    folders="folders written by report export, of one store or several",
    engine=True,
    formats=("csv", "html"),
)
