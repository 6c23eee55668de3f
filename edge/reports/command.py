"""`edge-agent report`: reads what one or more lanes have kept and writes what was asked for."""

from __future__ import annotations

import argparse
import re
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edge.commands import Parser, visible
from edge.errors import RunError, UsageError
from edge.records.audit import Audit
from edge.records.database import Database
from edge.reports.cashiers.cashiers import about_sales, compare, notes, tallies
from edge.reports.cashiers.logs import read_log
from edge.reports.cashiers.page import cashiers_page
from edge.reports.cashiers.sales import sales_csv, sales_table
from edge.reports.cashiers.tables import cashiers_csv, cashiers_table
from edge.reports.output import show, write
from edge.reports.period import between, moment
from edge.reports.tables import NOTHING
from edge.settings.lanes import load_lanes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge.records.records import SaleRecord
    from edge.reports.cashiers.cashiers import CashierTally
    from edge.reports.period import Period

_DATES = (
    "Times: 12h, 7d, 4w (so long before now), or a date such as 2026-11-01, which is its midnight in this machine's "
    "time zone. Files that are already there are replaced."
)


def report(words: list[str]) -> None:
    """Run `edge-agent report` with these words. Raises UsageError, and StoreError for a log that cannot be read."""
    arguments = _parser().parse_args(words)
    command: Callable[[argparse.Namespace], None] = arguments.command
    command(arguments)


def _parser() -> Parser:
    parser = Parser(prog="edge-agent report", description="What the lanes' records say.")
    kinds = parser.add_subparsers(metavar="cashiers|sales|basket|offers|export|verify", required=True)
    cashiers = kinds.add_parser(
        "cashiers", help="checks by cashier, compared with everybody else", epilog=_DATES, allow_abbrev=False
    )
    sales = kinds.add_parser("sales", help="every restricted sale, newest last", epilog=_DATES, allow_abbrev=False)
    basket = kinds.add_parser("basket", help="what each age band buys", epilog=_DATES, allow_abbrev=False)
    offers = kinds.add_parser("offers", help="what offers brought", epilog=_DATES, allow_abbrev=False)
    export = kinds.add_parser(
        "export", help="files for reports on many stores", epilog=_DATES, allow_abbrev=False,
        description="Write what report cashiers reads of the audit log as Parquet, a file for each lane and whole day.",
    )  # fmt: skip
    verify = kinds.add_parser("verify", help="whether a record was changed or removed", allow_abbrev=False)
    commands = {cashiers: _cashiers, sales: _sales, basket: _basket, offers: _offers, export: _export, verify: _verify}
    for kind, command in commands.items():
        kind.set_defaults(command=command)
    for kind in (cashiers, sales, basket, offers, export):
        kind.add_argument("--since", type=moment, default="7d", metavar="TIME", help="count from here on; default: 7d")
        kind.add_argument("--until", type=moment, default="0h", metavar="TIME", help="count up to here; default: now")
        kind.add_argument(
            "--state-dir", type=Path, nargs="+", metavar="DIR", help="state folders of the lanes; default: this lane's"
        )
        kind.add_argument("--config", type=Path, metavar="FILE", help="the agent's settings: all lanes of this box")
    for kind in (cashiers, sales, basket, offers):
        kind.add_argument(
            "--csv", metavar="FILE", help="write a table for programs; - for stdout, instead of the other"
        )
    for kind in (cashiers, basket, offers):
        kind.add_argument("--html", type=Path, metavar="FILE", help="write a page with plots")
    for kind, files in (
        (cashiers, "that report export wrote, of one store"),
        (basket, "of filed purchases, of one shop"),
        (offers, "of filed purchases, of one shop"),
    ):
        kind.add_argument("--folder", type=Path, nargs="+", metavar="DIR", help=f"folders {files} or of many")
    for kind in (cashiers, basket):
        kind.add_argument(
            "--engine", choices=("duckdb", "spark"), default="duckdb", help="what reads them; default: duckdb"
        )
        kind.add_argument(
            "--spark-master", metavar="URL", help="the cluster that --engine spark runs on; default: this machine"
        )
    export.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files go")
    for kind in (basket, offers):
        kind.add_argument("--json", metavar="FILE", help="write all figures; - for stdout, instead of the tables")
    sales.add_argument("--cashier", metavar="ID", help=f"only sales of this one; {NOTHING} for those that name nobody")
    verify.add_argument("--head", metavar="HASH", help="hash of a record, as noted elsewhere, that must be there")
    verify.add_argument("--state-dir", type=Path, metavar="DIR", help="state folder of the lane; default: this lane's")
    verify.add_argument("--config", type=Path, metavar="FILE", help="the agent's settings: all lanes of this box")
    return parser


def _cashiers(arguments: argparse.Namespace) -> None:
    if not arguments.folder and arguments.engine != "duckdb":
        raise UsageError("--engine is for exported files: add --folder, or leave it out")
    each, about, missing = _of_stores(arguments) if arguments.folder else _of_lanes(arguments)
    lines = compare(each)
    remarks = [*(notes(lines) if lines else []), *missing]
    if arguments.html:
        write(arguments.html, cashiers_page(lines, about, remarks))
    if arguments.csv == "-":
        for line in missing:
            print(f"edge-agent: {line}", file=sys.stderr)
    show(arguments.csv, cashiers_csv(lines), about, [cashiers_table(lines)] if lines else [], remarks)


def _of_lanes(arguments: argparse.Namespace) -> tuple[Sequence[CashierTally], str, list[str]]:
    """What every cashier did by the lanes' own logs, and which sales these are."""
    sales, about = _chosen(arguments)
    return tallies(sales, load_lanes([], arguments.config)[0].insights.store), about, []


def _of_stores(arguments: argparse.Namespace) -> tuple[Sequence[CashierTally], str, list[str]]:
    """What every cashier did by exported files, which sales these are, and what is not as it should be."""
    from edge.reports.cashiers.stores import read_stores, shortcomings
    from edge.reports.engine import LOCAL, engine

    if arguments.state_dir or arguments.config:
        raise UsageError("--folder reads exported files, --state-dir and --config a lane's own log: give one of them")
    period = _period(arguments)
    with engine(arguments.engine, arguments.spark_master or LOCAL) as backend:
        found, files = read_stores(backend, list(dict.fromkeys(map(Path.resolve, arguments.folder))), period)
    return found.tallies, found.about(period), shortcomings(found, files)


def _sales(arguments: argparse.Namespace) -> None:
    sales, about = _chosen(arguments)
    if arguments.cashier:
        sales = [sale for sale in sales if (sale.cashier_id or NOTHING) == arguments.cashier]
        about += f" Cashier {visible(arguments.cashier)} only: {len(sales)}."
    show(arguments.csv, sales_csv(sales), about, [sales_table(sales)] if sales else [], [])


def _basket(arguments: argparse.Namespace) -> None:
    from edge.reports.baskets.report import report_baskets
    from edge.reports.engine import LOCAL

    on = {"on": arguments.engine, "master": arguments.spark_master or LOCAL}
    _report_purchases(arguments, partial(report_baskets, **on))


def _offers(arguments: argparse.Namespace) -> None:
    from edge.reports.offers.report import report_offers

    _report_purchases(arguments, report_offers)


def _report_purchases(arguments: argparse.Namespace, report: Callable[..., None]) -> None:
    """A report on what the lanes have filed."""
    period = _period(arguments)
    lanes = load_lanes([], arguments.config)
    folders = arguments.folder or [folder / "insights" for folder in arguments.state_dir or ()]
    report(
        period, folders or [lane.purchases for lane in lanes], lanes[0].insights, csv=arguments.csv,
        html=arguments.html, json=arguments.json,
    )  # fmt: skip


def _export(arguments: argparse.Namespace) -> None:
    from edge.reports.cashiers.export import export_log

    period, lanes = _period(arguments), load_lanes([], arguments.config)
    sales = files = damaged = 0
    for folder in _state_folders(arguments):
        log = read_log(folder)
        done = export_log(log, arguments.out, lanes[0].insights.store, period)
        sales, files, damaged = sales + done.sales, files + done.files, damaged + (not log.whole)
        if not log.whole:
            _warn(folder, "and its files say so")
        if done.left_out:
            print(
                f"{done.left_out} of {folder} left out: some of its records may have been removed because of their age"
            )
    print(f"{_many(sales, 'restricted sale')} exported to {_many(files, 'file')} in {arguments.out}")
    if damaged:
        print(f"{_many(damaged, 'audit log')} not whole: see the lines above")


def _verify(arguments: argparse.Namespace) -> None:
    known = arguments.head.lower() if arguments.head is not None else None
    if known is not None and not re.fullmatch("[0-9a-f]{64}", known):
        raise UsageError(f"--head {arguments.head!r} is no hash: it is 64 digits and letters from a to f")
    folders = [arguments.state_dir] if arguments.state_dir else _folders(arguments.config)
    if known and len(folders) > 1:
        raise UsageError("--head is of one lane, and there are several: give its --state-dir")
    broken = [folder for folder in folders if not _is_whole(folder, known, f"{folder}: " if len(folders) > 1 else "")]
    if broken:
        raise RunError(f"the audit log in {', '.join(map(str, broken))} is not whole: see the lines above")


def _is_whole(folder: Path, known: str | None, label: str) -> bool:
    """Prints what there is to say of a lane's record, each line behind the label."""
    with closing(Database(folder, read_only=True)) as database, database.snapshot():
        audit = Audit(database)
        problems, newest, pruned = audit.verify(known), audit.head, audit.pruned
        oldest = next((sale for _, sale in audit.records()), None)
    for problem in problems:
        print(f"{label}{problem}")
    if problems:
        return False
    if pruned.number:
        left = f"; the oldest one left is of {oldest.opened_at.astimezone():%Y-%m-%d}" if oldest else ""
        print(f"{label}records 1 to {pruned.number} were removed because of their age{left}")
    if not oldest:
        print(f"{label}0 records")
        return True
    count = newest.number - pruned.number
    whole = f"{count} record{'' if count == 1 else 's'}, chain whole"
    print(f"{label}{whole}, newest is number {newest.number} with hash {newest.hash}")
    return True


def _chosen(arguments: argparse.Namespace) -> tuple[list[SaleRecord], str]:
    """The sales that were asked for, oldest first, and which they are in words."""
    period = _period(arguments)
    found = [sale for folder in _state_folders(arguments) for sale in _read(folder)]
    sales = sorted((sale for sale in found if sale.opened_at in period), key=lambda sale: sale.opened_at)
    return sales, about_sales(period, len(sales), {("", sale.lane) for sale in sales})


def _state_folders(arguments: argparse.Namespace) -> list[Path]:
    folders = arguments.state_dir or _folders(arguments.config)
    return list(dict.fromkeys(map(Path.resolve, folders)))


def _folders(config: Path | None) -> list[Path]:
    """Of the lanes of this box."""
    return [lane.state_dir for lane in load_lanes([], config)]


def _period(arguments: argparse.Namespace) -> Period:
    return between(arguments.since, arguments.until)


def _read(folder: Path) -> list[SaleRecord]:
    log = read_log(folder)
    if not log.whole:
        _warn(folder, "and so this report may not be")
    return [sale for _, sale in log.records]


def _warn(folder: Path, consequence: str) -> None:
    print(
        f"edge-agent: the audit log in {folder} is not whole, {consequence}; "
        f"edge-agent report verify --state-dir {folder} says what is wrong",
        file=sys.stderr,
    )


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
