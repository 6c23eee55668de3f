"""`edge-agent doctor`: makes all checks and prints a line for each as it is done; the exit code says how it ends."""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from edge.commands import Parser, visible
from edge.doctor.box import MEND_CONFIG
from edge.doctor.checks import BOX_CHECKS, LANE_CHECKS, table
from edge.doctor.examine import examine
from edge.doctor.finding import Finding
from edge.doctor.targets import Box, LaneSide
from edge.errors import RunError, UsageError
from edge.settings.lanes import load_lanes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.settings.config import Settings

USUAL_FILE = Path("lane.toml")
"""What the mends call the file of the settings where there is none yet."""

_COLOURS = {"ok": "green", "warning": "yellow", "problem": "bold red"}
_VERDICT_WIDTH, _NAME_WIDTH = 9, 12


def doctor(words: list[str]) -> None:
    """The command, without its name. Raises UsageError for wrong usage, RunError when a check found a problem."""
    arguments, flags = _parser().parse_known_args(words)
    if arguments.checks:
        print(table(), end="")
        return
    findings = _findings(flags, arguments.config, arguments.seconds)
    found = list(findings) if arguments.json else _told(findings)
    counts = Counter[str](one.verdict for one in found)
    if arguments.json:
        print(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
    if counts["problem"]:
        raise RunError(f"{_counted(counts)}: see above")
    if not arguments.json:
        print(f"\n{_counted(counts)}")


def diagnose(lanes: tuple[Settings, ...], file: Path | None, seconds: float) -> Iterator[Finding]:
    """All there is to say of a box and its lanes, each finding as soon as it is made. file: of the settings.
    seconds: how long each camera is watched."""
    yield from examine(BOX_CHECKS, Box(lanes, file))
    for lane in lanes:
        yield from examine(LANE_CHECKS, LaneSide(lane, file or USUAL_FILE, seconds), lane.lane)


def _parser() -> Parser:
    parser = Parser(
        prog="edge-agent doctor",
        description="Look at everything a lane needs, and say how to mend what is wrong. Let somebody stand where the "
        "customers do meanwhile.",
        epilog="All flags of edge-agent run hold here too, such as --camera 0 or --video FILE. Exit code: 0 without "
        "problems, 1 with any, 2 for wrong usage.",
        allow_abbrev=False,
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="the agent's settings")
    parser.add_argument("--seconds", type=_seconds, default=10.0, metavar="N",
                        help="how long to watch each camera at most; default: 10")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--checks", action="store_true", help="print what every check means and its mends, and end")
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not 1 <= seconds <= 600:
        raise argparse.ArgumentTypeError(f"{text} is not from 1 to 600")
    return seconds


def _findings(flags: list[str], file: Path | None, seconds: float) -> Iterator[Finding]:
    try:
        lanes = load_lanes(flags, file)
    except UsageError as told:
        if file and not os.access(file, os.R_OK):
            raise
        try:
            load_lanes([], file)
        except UsageError:
            # Not the flags are wrong, but the file or a variable: that is what the doctor is asked about.
            mend = MEND_CONFIG.format(file=file or "the EDGE_* variables (env shows them)")
            return iter([Finding("problem", str(told), mend, "config")])
        raise
    return diagnose(lanes, file, seconds)


def _told(findings: Iterator[Finding]) -> list[Finding]:
    """Prints every finding as it comes; returns them all."""
    console = Console(highlight=False, soft_wrap=True)
    told: list[Finding] = []
    lane, mend = None, ""
    for one in findings:
        if one.lane != lane:
            lane, mend = one.lane, ""
            console.print(f"\n{lane}")
        again = bool(one.mend) and one.mend == mend
        line = Text(f"{one.verdict:<{_VERDICT_WIDTH}}", _COLOURS[one.verdict])
        line.append(f"{one.name:<{_NAME_WIDTH}}{visible(one.seen)}", "default")
        console.print(line.append("; mend: as above" if again else "", "cyan"))
        if one.mend and not again:
            console.print(Text(f"{'':{_VERDICT_WIDTH}}mend: {visible(one.mend)}", "cyan"))
        mend = one.mend or mend
        told.append(one)
    return told


def _counted(counts: Counter[str]) -> str:
    """In words: "1 problem, 2 warnings, 9 ok"."""
    problems, warnings = counts["problem"], counts["warning"]
    return (
        f"{problems} problem{'' if problems == 1 else 's'}, {warnings} warning{'' if warnings == 1 else 's'}, "
        f"{counts['ok']} ok"
    )
