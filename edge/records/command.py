"""`edge-agent backup` and `edge-agent restore`: the lanes' databases into one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edge.commands import Parser
from edge.errors import RunError, UsageError
from edge.language.reader import speak
from edge.language.words import Words, counted, in_language, verbatim, words
from edge.records.backup import write_backup
from edge.records.restore import lanes_in, restore
from edge.settings.lanes import load_lanes

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

    from edge.records.backup import LaneBackup
    from edge.records.restore import RestoredLane
    from edge.settings.config import Settings


def backup_command(words: list[str]) -> None:
    """Run `edge-agent backup`. words: its arguments, without its name. Raises UsageError and RunError."""
    arguments = backup_parser().parse_args(words)
    lanes = _lanes(arguments)
    found = write_backup(arguments.file, [(lane.lane, lane.state_dir) for lane in lanes])
    _print([*(_line(lane, each) for lane, each in found.items()), _written(arguments.file)], lanes)
    _check_intact(found, lanes)


def restore_command(words: list[str]) -> None:
    """Run `edge-agent restore`. words: its arguments, without its name. Raises UsageError and RunError."""
    arguments = restore_parser().parse_args(words)
    lanes = _chosen(_lanes(arguments), lanes_in(arguments.file), arguments)
    restored = restore(arguments.file, {lane.lane: lane.state_dir for lane in lanes})
    _print((line for name, each in restored.items() for line in _restored(name, each)), lanes)
    _check_intact({name: each.backup for name, each in restored.items()}, lanes)


def backup_parser() -> Parser:
    """The parser of `edge-agent backup`."""
    parser = Parser(
        prog="edge-agent backup",
        description="Back up the lanes' databases (audit log, open sales) into one file. The lanes may run. Settings, "
        "keys and purchases are not in it.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to write, such as lanes.tar.gz")
    _add_lanes(parser)
    return parser


def restore_parser() -> Parser:
    """The parser of `edge-agent restore`."""
    parser = Parser(
        prog="edge-agent restore",
        description="Put the databases of a backup in the place of the lanes' databases. The lanes must stand still: "
        "sudo systemctl stop edge-agent. The databases that are replaced are kept.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the file that edge-agent backup wrote")
    parser.add_argument("--lane", metavar="NAME", help="restore only this lane; default: all lanes of the settings")
    _add_lanes(parser)
    return parser


def _add_lanes(parser: Parser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="the agent's settings file")
    parser.add_argument("--state-dir", type=Path, metavar="FOLDER", help="the state folder; default: of the settings")


def _lanes(arguments: Namespace) -> tuple[Settings, ...]:
    """The settings of all lanes. From now on the command speaks their language."""
    lanes = load_lanes(["--state-dir", str(arguments.state_dir)] if arguments.state_dir else [], arguments.config)
    speak(lanes[0].language)
    return lanes


def _chosen(lanes: tuple[Settings, ...], saved: list[str], arguments: Namespace) -> list[Settings]:
    """The lanes to restore. Raises UsageError unless the settings and the backup have all of them."""
    name, file = arguments.lane, arguments.file
    chosen = [lane for lane in lanes if name in (None, lane.lane)]
    if not chosen:
        known = ", ".join(lane.lane for lane in lanes)
        raise UsageError(words("there is no lane {name}: this box has {names}", name=name, names=known))
    for lane in chosen:
        if lane.lane not in saved:
            raise UsageError(
                words("{file} has no lane {lane}: it has {names}", file=file, lane=lane.lane, names=", ".join(saved))
            )
    return chosen


def _line(lane: str, backup: LaneBackup) -> Words:
    if not backup.head.number:
        return words("{lane}: 0 records", lane=lane)
    return counted(
        "{lane}: {n} record, newest is number {number} with hash {hash}",
        "{lane}: {n} records, newest is number {number} with hash {hash}",
        backup.records, lane=lane, number=backup.head.number, hash=backup.head.hash,
    )  # fmt: skip


def _written(file: Path) -> Words:
    return words("wrote {file}; it holds personal data. Not in it: settings, keys and purchases", file=file)


def _restored(lane: str, restored: RestoredLane) -> Iterable[Words]:
    yield words("restored {line}", line=_line(lane, restored.backup))
    if not restored.kept:
        return
    if restored.replaced is None:
        yield words("{lane}: the database before cannot be read", lane=lane)
    elif restored.replaced.number > restored.backup.head.number:
        yield words(
            "{lane}: the database before ended with number {number}, so later records are only there", lane=lane,
            number=restored.replaced.number,
        )  # fmt: skip
    yield words("{lane}: the database before is kept as {file}; delete it in time", lane=lane, file=restored.kept)


def _check_intact(found: dict[str, LaneBackup], lanes: Iterable[Settings]) -> None:
    """Raises RunError if a chain is broken. The file stays: it may be all that is left."""
    broken = [verbatim(lane.state_dir) for lane in lanes if lane.lane in found and not found[lane.lane].intact]
    if broken:
        raise RunError(
            words(
                "all was copied, but the audit log in {folder} is not intact: edge-agent report verify --state-dir "
                "{folder} lists the problems",
                folder=broken[0],
            )
        )


def _print(lines: Iterable[Words], lanes: Iterable[Settings]) -> None:
    language = next(iter(lanes)).language
    for line in lines:
        print(in_language(line, language))
