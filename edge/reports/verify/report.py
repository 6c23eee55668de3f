"""`edge-agent report verify`: its declaration, and the check of each audit log."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from edge.commands import number
from edge.errors import RunError, UsageError
from edge.language.words import Words, counted, in_language, words
from edge.records.audit import Audit
from edge.records.database import Database
from edge.records.odd_dates import late_removal, odd_dates
from edge.records.verification import LaneSettings
from edge.reports.report import Report
from edge.reports.verify.folder import SILENT_DAYS, verify_folders
from edge.settings.lanes import load_lanes

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Sequence

    from edge.commands import Parser
    from edge.records.chain import Head, Mark
    from edge.reports.content import ReportContent


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("--head", metavar="HASH", help="a record's hash, noted earlier, that must be in the log")
    parser.add_argument(
        "--silent-days", type=number, default=SILENT_DAYS, metavar="DAYS",
        help=f"with --folder: how long a lane may send nothing; default: {SILENT_DAYS}",
    )  # fmt: skip
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="state folder; default: those of the settings")


def _run(arguments: Namespace) -> ReportContent | None:
    """The report on the archives in --folder, or else print what is wrong with the logs of this box."""
    if arguments.folder:
        if arguments.head or arguments.state_dir:
            raise UsageError(words("--folder checks archives: give --head and --state-dir without it"))
        return verify_folders(arguments.folder, arguments.silent_days, arguments.shop.name)
    if wanted := [name for name in ("csv", "html", "json", "pdf") if getattr(arguments, name)]:
        raise UsageError(words("--{flag} needs --folder: the check of a box only prints lines", flag=wanted[0]))
    _verify_box(arguments)
    return None


def _verify_box(arguments: Namespace) -> None:
    """Print one line for each problem. Raises RunError if a log is not intact, UsageError, and StoreError."""
    known = arguments.head.lower() if arguments.head is not None else None
    if known is not None and not re.fullmatch("[0-9a-f]{64}", known):
        raise UsageError(
            words("--head {head!r} is no hash: a hash is 64 digits and letters from a to f", head=arguments.head)
        )
    logs = [_StoredLog(arguments.state_dir, None)] if arguments.state_dir else [
        # Without a file, the name of the lane is a default that says nothing about the log.
        _StoredLog(lane.state_dir, LaneSettings(lane.lane, lane.audit.keep_days) if arguments.config else None)
        for lane in load_lanes([], arguments.config)
    ]  # fmt: skip
    if known and len(logs) > 1:
        raise UsageError(words("--head belongs to one lane, but there are several: add the --state-dir of that lane"))
    broken = [log.folder for log in logs if not _is_intact(log, known, len(logs) > 1, arguments.language)]
    if broken:
        folders = ", ".join(map(str, broken))
        raise RunError(
            in_language(
                words("the audit log in {folders} is not intact: see the lines above", folders=folders),
                arguments.language,
            )
        )


@dataclass(frozen=True, slots=True)
class _StoredLog:
    """settings: those that the log must agree with."""

    folder: Path
    settings: LaneSettings | None


def _is_intact(log: _StoredLog, known: str | None, one_of_several: bool, language: str) -> bool:
    """Check one log and print the result. one_of_several: each line starts with the folder."""
    with closing(Database(log.folder, read_only=True)) as database, database.snapshot():
        audit = Audit(database)
        problems = audit.verify(known, log.settings) or _emptied(audit)
        lines = problems or [*_notes(audit), *_summary(audit)]
    label = f"{log.folder}: " if one_of_several else ""
    for line in lines:
        print(f"{label}{in_language(line, language)}")
    return not problems


def _emptied(audit: Audit) -> Sequence[str]:
    """The problem of a log whose last records were removed although nothing had to be removed then."""
    removals = _removals(audit)
    text = late_removal(removals[0]) if removals and not audit.count() else ""
    return [text] if text else []


def _removals(audit: Audit) -> list[Mark]:
    """The marks of the last removal: its own, and those of later changes of `audit.keep_days`."""
    pruned = audit.pruned
    return [mark for _, mark in audit.marks() if mark.mark == "pruned" and mark.pruned == pruned]


def _notes(audit: Audit) -> Iterator[str]:
    """What a reader should know about an intact log: which records it no longer has, or cannot vouch for, and whose
    dates are wrong."""
    yield from odd_dates(audit.records(), datetime.now(timezone.utc))
    marks, pruned, newest = [*audit.marks()], audit.pruned, audit.head
    first = marks[0][0].number if marks else newest.number + 1
    if pruned.number + 1 < first:
        yield words("records before number {first} are from an older edge-agent, which wrote no marks", first=first)
    yield from (_restored(number, mark) for (number, mark) in marks if mark.mark == "restored")
    if not pruned.number:
        return
    removals = _removals(audit)
    text = words("records 1 to {last} were removed due to age", last=pruned.number)
    if removals:
        text = words("{removed} (audit.keep_days was {days})", removed=text, days=removals[0].keep_days)
    if oldest := next((sale for _, sale in audit.records()), None):
        date = f"{oldest.opened_at.astimezone():%Y-%m-%d}"
        text = words("{removed}; the oldest remaining one is from {date}", removed=text, date=date)
    yield text


def _restored(head: Head, mark: Mark) -> Words:
    text = words(
        "the database was restored on {date} from a backup that ended with record {number}",
        date=f"{mark.at.astimezone():%Y-%m-%d}", number=head.number - 1,
    )  # fmt: skip
    if mark.replaced is None:
        return words("{restored}; the one before could not be read", restored=text)
    return words("{restored}; the one before ended with record {number}", restored=text, number=mark.replaced)


def _summary(audit: Audit) -> Iterator[str]:
    count, changes, newest = audit.count(), sum(1 for _ in audit.changes()), audit.head
    if changes:
        yield words(
            "{records}, {changes}, chain intact, newest is number {number} with hash {hash}",
            records=counted("{n} record", "{n} records", count),
            changes=counted("{n} change of settings", "{n} changes of settings", changes),
            number=newest.number,
            hash=newest.hash,
        )
        return
    if not count:
        yield words("0 records")
        return
    yield counted(
        "{n} record, chain intact, newest is number {number} with hash {hash}",
        "{n} records, chain intact, newest is number {number} with hash {hash}",
        count,
        number=newest.number,
        hash=newest.hash,
    )


VERIFY = Report(
    name="verify",
    help="check whether a record was changed or removed",
    run=_run,
    period=False,
    state_dirs=False,
    folders="archives of many boxes, as report archive writes them: check that every log continues what was collected",
    formats=("csv", "html", "json"),
    add_arguments=_add_arguments,
)
