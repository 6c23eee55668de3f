"""`edge-agent report archive`: its declaration, and what it prints."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import EdgeError, RunError
from edge.language.system import system_words
from edge.language.words import Words, counted, in_language, joined, words
from edge.reports.archive.archive import archive_log
from edge.reports.archived import LaneArchive
from edge.reports.report import Report
from edge.settings.lanes import load_lanes

if TYPE_CHECKING:
    from argparse import Namespace

    from edge.commands import Parser
    from edge.reports.archive.archive import ArchivedLane
    from edge.settings.config import Settings


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder of the archive")
    parser.add_argument(
        "--remove-old",
        action="store_true",
        help="delete archived days of which the lane itself has removed all records due to age",
    )


def _run(arguments: Namespace) -> None:
    """Archive every lane, and fail after the last one if a lane could not be archived or is in doubt."""
    problems: list[EdgeError] = []
    for lane in load_lanes([], arguments.config):
        try:
            done = _archive(lane, arguments)
        except EdgeError as problem:
            problems.append(problem)
            continue
        print(in_language(_line(lane.lane, done), arguments.language))
        if done.doubt:
            text = words("the log of {lane} is not the one before: {doubt}", lane=lane.lane, doubt=done.doubt)
            problems.append(RunError(text))
    if problems:
        raise RunError(joined("; ", problems))


def _archive(lane: Settings, arguments: Namespace) -> ArchivedLane:
    archive = LaneArchive.of(arguments.out, lane.store, lane.box, lane.lane)
    try:
        return archive_log(lane, archive, datetime.now(timezone.utc), remove_old=arguments.remove_old)
    except OSError as problem:
        folder, reason = archive.folder, system_words(problem)
        raise RunError(
            words("cannot write into {folder}: {reason}; the next run catches up", folder=folder, reason=reason)
        ) from None


def _line(lane: str, done: ArchivedLane) -> Words:
    rows = counted("{n} new record", "{n} new records", done.rows)
    days = counted("{n} day", "{n} days", done.days)
    return words(
        "{lane}: {rows} of {days}; the newest one in the log is number {number}", lane=lane, rows=rows, days=days,
        number=done.head.number,
    )  # fmt: skip


ARCHIVE = Report(
    name="archive",
    help="write the whole audit logs day by day, to keep them outside of the box",
    description="Write the days of the audit logs that are not in the archive yet, without today, and where each chain "
    "ends now. report verify --folder checks the archives of many boxes.",
    run=_run,
    period=False,
    state_dirs=False,
    add_arguments=_add_arguments,
)
