"""The declaration of a report: its name, its arguments, and the function that computes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from edge.errors import RunError, UsageError
from edge.language.catalogue import LANGUAGES
from edge.language.reader import speak
from edge.language.words import words
from edge.progress import busy
from edge.reports.output import write_report
from edge.reports.paper import find_printer
from edge.reports.period import between, moment
from edge.settings.lanes import load_lanes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from edge.commands import Parser
    from edge.reports.content import ReportContent

Format = Literal["csv", "html", "json"]

_TIMES = (
    "Times: 12h, 7d or 4w (before now), or a date such as 2026-11-01 (its midnight in this machine's time zone). "
    "Existing files are replaced."
)


@dataclass(frozen=True)
class Report:
    """A subcommand of `edge-agent report`. `edge.reports.command.REPORTS` lists all of them.

    run: gets the parsed arguments and returns what to write, or None if it has printed everything itself. It imports
    what needs an extra (DuckDB, Ibis), so that other reports run without it. `arguments.language` is the reader's, and
    `arguments.shop` the settings of the shop. `arguments.store` and `arguments.box` are the names of this box.
    period: adds --since and --until; `run` finds them as `arguments.period`, a `Period`.
    state_dirs: adds --state-dir, with any number of folders.
    folders: adds --folder, with this help text.
    engine: adds --engine and --spark-master.
    formats: adds --csv, --html with --pdf, and --json.
    add_arguments: adds the report's own arguments to its parser.
    """

    name: str
    help: str
    run: Callable[[argparse.Namespace], ReportContent | None]
    description: str | None = None
    period: bool = True
    state_dirs: bool = True
    folders: str = ""
    engine: bool = False
    formats: tuple[Format, ...] = ()
    add_arguments: Callable[[Parser], None] | None = None

    def add_to(self, commands: argparse._SubParsersAction[Parser]) -> None:
        """Add the report's parser. Parsed arguments have this report as `report`."""
        parser = commands.add_parser(
            self.name, help=self.help, description=self.description, epilog=_TIMES if self.period else None,
            allow_abbrev=False,
        )  # fmt: skip
        parser.set_defaults(report=self)
        if self.period:
            parser.add_argument("--since", type=moment, default="7d", metavar="TIME", help="start; default: 7d")
            parser.add_argument("--until", type=moment, default="0h", metavar="TIME", help="end; default: now")
        if self.state_dirs:
            parser.add_argument(
                "--state-dir", type=Path, nargs="+", metavar="FOLDER",
                help="state folders of lanes; default: those of the settings",
            )  # fmt: skip
        parser.add_argument("--config", type=Path, metavar="FILE", help="the agent's settings file")
        parser.add_argument(
            "--language",
            choices=LANGUAGES,
            help="of the report; default: the setting language; CSV and JSON are English",
        )
        if self.folders:
            parser.add_argument("--folder", type=Path, nargs="+", metavar="FOLDER", help=self.folders)
        if self.engine:
            parser.add_argument(
                "--engine", choices=("duckdb", "spark"), default="duckdb", help="what reads the files; default: duckdb"
            )
            parser.add_argument(
                "--spark-master", metavar="URL", help="the cluster for --engine spark; default: this machine"
            )
        if "csv" in self.formats:
            parser.add_argument("--csv", metavar="FILE", help="write the figures as CSV; - prints only the CSV")
        if "html" in self.formats:
            parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with plots")
            parser.add_argument(
                "--pdf", type=Path, metavar="FILE", help="write the page for A4 paper; needs Chromium or WeasyPrint"
            )
        if "json" in self.formats:
            parser.add_argument("--json", metavar="FILE", help="write the figures as JSON; - prints only the JSON")
        if self.add_arguments:
            self.add_arguments(parser)

    def write(self, arguments: argparse.Namespace) -> None:
        """Compute the report, then write and print it as the arguments say.

        Raises UsageError for wrong arguments and for a file that cannot be written, RunError for a report with a
        failure, and what `run` raises.
        """
        settings = load_lanes([], arguments.config)[0]
        arguments.language = arguments.language or settings.language
        arguments.shop = settings.shop
        arguments.store, arguments.box = settings.store, settings.box
        speak(arguments.language)
        if self.period:
            arguments.period = between(arguments.since, arguments.until)
        files = {name: getattr(arguments, name, None) for name in ("csv", "html", "json", "pdf")}
        if files["csv"] == files["json"] == "-":
            raise UsageError(words("--csv - and --json - cannot both print to stdout: give one of them a file"))
        if files["pdf"]:
            find_printer()
        with busy(words("reading records and purchases"), arguments.language):
            content = self.run(arguments)
        if content:
            write_report(content, arguments.language, **files)
            if content.failure:
                raise RunError(content.failure)
