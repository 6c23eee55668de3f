"""`edge-agent doctor`: runs all checks and prints the findings as they come."""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from edge.commands import Parser, number, visible
from edge.doctor.box import fix_settings
from edge.doctor.checks import BOX_CHECKS, LANE_CHECKS, table
from edge.doctor.examine import examine
from edge.doctor.finding import Finding
from edge.doctor.result import result_json
from edge.doctor.targets import BoxTarget, LaneTarget
from edge.doctor.titles import TITLES
from edge.errors import RunError, UsageError
from edge.language.catalogue import LANGUAGES
from edge.language.reader import reader
from edge.language.words import Words, counted, in_all_languages, in_language, joined, verbatim, words
from edge.progress import Steps
from edge.settings.lanes import load_lanes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.settings.config import Settings

USUAL_FILE = Path("lane.toml")
"""The name that fixes use for the settings file while there is none."""

_SEVERITY_COLOURS = {"ok": "green", "warning": "yellow", "problem": "bold red"}
_VERDICTS = {"ok": words("ok"), "warning": words("warning"), "problem": words("problem")}
_FIX, _FIX_AS_ABOVE = words("fix"), words("fix: as above")


def doctor(argv: list[str]) -> None:
    """Run the command. argv: its arguments, without its name.

    Raises UsageError for wrong usage, RunError when a check found a problem.
    """
    arguments, flags = doctor_parser().parse_known_args(argv)
    if arguments.checks:
        print(table(), end="")
        return
    show = _sent if arguments.json_lines else _listed if arguments.json else _printed
    with Steps(None) as steps:
        language, findings = _findings(flags, arguments.config, arguments.seconds, steps)
        language = arguments.language or language
        found = show(findings, language, steps)
    counts = Counter[str](finding.verdict for finding in found)
    if arguments.json:
        print(result_json(found, language))
    if counts["problem"]:
        raise RunError(in_language(words("{summary}: see above", summary=_summary(counts)), language))
    if not arguments.json and not arguments.json_lines:
        print(f"\n{in_language(_summary(counts), language)}")


def diagnose(lanes: tuple[Settings, ...], file: Path | None, seconds: float, steps: Steps) -> Iterator[Finding]:
    """Check a box and its lanes; yield each finding as soon as it is known. file: the settings file, if there is one.
    seconds: how long each camera is watched at most. steps: shows the check that runs."""
    steps.expect(len(BOX_CHECKS) + len(lanes) * len(LANE_CHECKS))
    yield from examine(BOX_CHECKS, BoxTarget(lanes, file), begin=steps.step)
    for lane in lanes:
        yield from examine(LANE_CHECKS, LaneTarget(lane, file or USUAL_FILE, seconds), lane.lane, begin=steps.step)


def doctor_parser() -> Parser:
    """The parser of `edge-agent doctor`, without the flags of the settings."""
    parser = Parser(
        prog="edge-agent doctor",
        description="Check the box and every lane, and print how to fix what is wrong. Meanwhile someone should stand "
        "where customers do.",
        epilog="Accepts all flags of edge-agent run too, such as --camera 0 or --video FILE. Exit code: 0 without "
        "problems, 1 with problems, 2 for wrong usage.",
        allow_abbrev=False,
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="the agent's settings")
    parser.add_argument("--seconds", type=_seconds, default=10.0, metavar="SECONDS",
                        help="how long to watch each camera at most; default: 10")  # fmt: skip
    parser.add_argument("--language", choices=LANGUAGES, help="language of the findings; default: the setting language")
    parser.add_argument(
        "--json", action="store_true", help="print the result as JSON; its schema is edge/doctor/result.schema.json"
    )
    parser.add_argument("--json-lines", action="store_true",
                        help="print each finding in all languages as it comes, as a line of JSON")  # fmt: skip
    parser.add_argument("--checks", action="store_true", help="print every check with its fixes, and exit")
    return parser


def _seconds(text: str) -> float:
    seconds = number(text)
    if not 1 <= seconds <= 600:
        raise argparse.ArgumentTypeError(words("{value} is not between 1 and 600", value=text))
    return seconds


def _findings(flags: list[str], file: Path | None, seconds: float, steps: Steps) -> tuple[str, Iterator[Finding]]:
    """The language of the settings, and the findings. Raises UsageError for wrong flags or an unreadable file.
    Other wrong settings are a finding."""
    try:
        lanes = load_lanes(flags, file)
    except UsageError as error:
        if file and not os.access(file, os.R_OK):
            raise
        try:
            load_lanes([], file)
        except UsageError:
            # The fault is in the file or a variable, not in the flags: report it as a finding.
            return reader(), iter([Finding("problem", verbatim(error), fix_settings(file), "config")])
        raise
    return lanes[0].language, diagnose(lanes, file, seconds, steps)


def _sent(findings: Iterator[Finding], *_: object) -> list[Finding]:
    """Print the number of checks, of the box and of each lane, and every finding as it comes, its texts in each
    language, as lines of JSON; return all findings."""
    print(json.dumps({"checks": {"box": len(BOX_CHECKS), "lane": len(LANE_CHECKS)}}), flush=True)
    found: list[Finding] = []
    for finding in findings:
        found.append(finding)
        written = finding.as_json(in_all_languages) | {"title": in_all_languages(finding.title)}
        print(json.dumps({"finding": written}, ensure_ascii=False), flush=True)
    return found


def _listed(findings: Iterator[Finding], *_: object) -> list[Finding]:
    return list(findings)


def _printed(findings: Iterator[Finding], language: str, steps: Steps) -> list[Finding]:
    """Print every finding as it comes; return them all."""
    verdicts = {verdict: in_language(word, language) for verdict, word in _VERDICTS.items()}
    width = max(map(len, verdicts.values())) + 2
    name_width = max(len(in_language(title, language)) for title in TITLES) + 1
    console = Console(highlight=False, soft_wrap=True)
    found: list[Finding] = []
    lane, last_fix = None, ""
    for finding in findings:
        with steps.hidden():
            if finding.lane != lane:
                lane, last_fix = finding.lane, ""
                console.print(f"\n{lane}")
            same_fix = bool(finding.fix) and finding.fix == last_fix
            line = Text(f"{verdicts[finding.verdict]:<{width}}", _SEVERITY_COLOURS[finding.verdict])
            title, seen = in_language(finding.title, language), in_language(finding.seen, language)
            line.append(f"{title:<{name_width}}{visible(seen)}", "default")
            console.print(line.append(f"; {in_language(_FIX_AS_ABOVE, language)}" if same_fix else "", "cyan"))
            if finding.fix and not same_fix:
                fix = in_language(_FIX, language)
                console.print(Text(f"{'':{width}}{fix}: {visible(in_language(finding.fix, language))}", "cyan"))
        last_fix = finding.fix or last_fix
        found.append(finding)
    return found


def _summary(counts: Counter[str]) -> Words:
    """The counts in words: "1 problem, 2 warnings, 9 ok"."""
    problems = counted("{n} problem", "{n} problems", counts["problem"])
    warnings = counted("{n} warning", "{n} warnings", counts["warning"])
    return joined(", ", [problems, warnings, words("{count} ok", count=counts["ok"])])
