"""`edge-agent report export`: its declaration, and what it prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edge.reports.folders import state_folders
from edge.reports.logs import read_log, warn_not_intact
from edge.reports.report import Report
from edge.reports.words import counted
from edge.settings.lanes import load_lanes

if TYPE_CHECKING:
    from argparse import Namespace

    from edge.commands import Parser


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")


def _run(arguments: Namespace) -> None:
    from edge.reports.export.export import export_log

    store = load_lanes([], arguments.config)[0].insights.store
    sales = training = files = damaged = 0
    for folder in state_folders(arguments):
        log = read_log(folder)
        exported = export_log(log, arguments.out, store, arguments.period)
        sales, training = sales + exported.sales, training + exported.training
        files, damaged = files + exported.files, damaged + (not log.intact)
        if not log.intact:
            warn_not_intact(folder, "its files are marked")
        for day in exported.skipped_days:
            print(f"{day} of {folder} not exported: some of its records were removed due to age")
    exercises = f" and {counted(training, 'training sale', 'training sales')}" if training else ""
    print(
        f"{counted(sales, 'restricted sale', 'restricted sales')}{exercises} exported to "
        f"{counted(files, 'file', 'files')} in {arguments.out}"
    )
    if damaged:
        print(f"{counted(damaged, 'audit log is', 'audit logs are')} not intact: see the lines above")


EXPORT = Report(
    name="export",
    help="write the audit logs as files, for reports on many stores",
    description="Write what report cashiers reads from the audit logs as Parquet: one file per lane and day.",
    run=_run,
    add_arguments=_add_arguments,
)
