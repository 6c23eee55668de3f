"""`edge-agent report export`: its declaration, and what it prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edge.language.words import Words, counted, in_language, words
from edge.reports.folders import state_folders
from edge.reports.logs import read_log, warn_not_intact
from edge.reports.report import Report

if TYPE_CHECKING:
    from argparse import Namespace
    from datetime import date

    from edge.commands import Parser


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")


def _run(arguments: Namespace) -> None:
    from edge.reports.export.export import export_log

    sales = training = files = damaged = 0
    for folder in state_folders(arguments):
        log = read_log(folder)
        exported = export_log(log, arguments.out, arguments.store, arguments.box, arguments.period)
        sales, training = sales + exported.sales, training + exported.training
        files, damaged = files + exported.files, damaged + (not log.intact)
        if not log.intact:
            warn_not_intact(folder, words("its files are marked"), arguments.language)
        for day in exported.skipped_days:
            print(in_language(_skipped(day, folder), arguments.language))
    found = counted("{n} restricted sale", "{n} restricted sales", sales)
    if training:
        exercises = counted("{n} training sale", "{n} training sales", training)
        found = words("{sales} and {training}", sales=found, training=exercises)
    count = counted("{n} file", "{n} files", files)
    lines = [words("{sales} exported to {files} in {folder}", sales=found, files=count, folder=arguments.out)]
    if damaged:
        lines.append(
            counted(
                "{n} audit log is not intact: see the lines above",
                "{n} audit logs are not intact: see the lines above",
                damaged,
            )
        )
    for line in lines:
        print(in_language(line, arguments.language))


def _skipped(day: date, folder: Path) -> Words:
    return words(
        "{day} of {folder} not exported: some of its records were removed due to age",
        day=day.isoformat(),
        folder=folder,
    )


EXPORT = Report(
    name="export",
    help="write the audit logs as files, for reports on many stores",
    description="Write what report cashiers reads from the audit logs as Parquet: one file per lane and day.",
    run=_run,
    add_arguments=_add_arguments,
)
