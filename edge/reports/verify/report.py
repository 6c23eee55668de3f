"""`edge-agent report verify`: its declaration, and the check of each audit log."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import RunError, UsageError
from edge.records.audit import Audit
from edge.records.database import Database
from edge.reports.report import Report
from edge.reports.words import counted
from edge.settings.lanes import load_lanes

if TYPE_CHECKING:
    from argparse import Namespace

    from edge.commands import Parser


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("--head", metavar="HASH", help="a record's hash, noted earlier, that must be in the log")
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="state folder; default: those of the settings")


def _run(arguments: Namespace) -> None:
    """Print one line for each problem. Raises RunError if a log is not intact, UsageError, and StoreError."""
    known = arguments.head.lower() if arguments.head is not None else None
    if known is not None and not re.fullmatch("[0-9a-f]{64}", known):
        raise UsageError(f"--head {arguments.head!r} is no hash: a hash is 64 digits and letters from a to f")
    folders = [arguments.state_dir] if arguments.state_dir else [
        lane.state_dir for lane in load_lanes([], arguments.config)
    ]  # fmt: skip
    if known and len(folders) > 1:
        raise UsageError("--head belongs to one lane, but there are several: add the --state-dir of that lane")
    broken = [folder for folder in folders if not _is_intact(folder, known, f"{folder}: " if len(folders) > 1 else "")]
    if broken:
        raise RunError(f"the audit log in {', '.join(map(str, broken))} is not intact: see the lines above")


def _is_intact(folder: Path, known: str | None, label: str) -> bool:
    """Check one log and print the result. label: starts each line."""
    with closing(Database(folder, read_only=True)) as database, database.snapshot():
        audit = Audit(database)
        problems, newest, pruned = audit.verify(known), audit.head, audit.pruned
        oldest = next((sale for _, sale in audit.records()), None)
    for problem in problems:
        print(f"{label}{problem}")
    if problems:
        return False
    if pruned.number:
        left = f"; the oldest remaining one is from {oldest.opened_at.astimezone():%Y-%m-%d}" if oldest else ""
        print(f"{label}records 1 to {pruned.number} were removed due to age{left}")
    if not oldest:
        print(f"{label}0 records")
        return True
    count = counted(newest.number - pruned.number, "record", "records")
    print(f"{label}{count}, chain intact, newest is number {newest.number} with hash {newest.hash}")
    return True


VERIFY = Report(
    name="verify",
    help="check whether a record was changed or removed",
    run=_run,
    period=False,
    state_dirs=False,
    add_arguments=_add_arguments,
)
