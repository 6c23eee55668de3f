"""The declaration of a report: its arguments, and how its content is written and printed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from markupsafe import Markup

from edge.commands import Parser
from edge.errors import UsageError
from edge.reports.content import ReportContent
from edge.reports.period import Period
from edge.reports.report import Report
from edge.reports.tables import Table

CONTENT = ReportContent(
    title="Sales by hour",
    headline="Sales: 3.",
    tables=[Table(("hour", "sales"), (("9", "3"),), frozenset({"sales"}))],
    csv="hour,sales\n9,3\n",
    json='{"9": 3}\n',
    page_parts=[Markup("<b>plot</b>")],
    notes=["Hours are in local time."],
    dropped=["1 file not read"],
)


def run(*words: str) -> argparse.Namespace:
    """Runs a report with all formats and returns the arguments that its function got."""
    received = []

    def compute(arguments: argparse.Namespace) -> ReportContent:
        received.append(arguments)
        return CONTENT

    parser = Parser()
    declared = Report("hours", "sales by hour", compute, formats=("csv", "html", "json"))
    declared.add_to(parser.add_subparsers(required=True))
    arguments = parser.parse_args(["hours", *words])
    arguments.report.write(arguments)
    return received[0]


def test_the_report_gets_its_period() -> None:
    assert isinstance(run("--since", "2d").period, Period)


def test_the_headline_the_tables_and_the_remarks_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    run()
    assert capsys.readouterr().out == (
        "Sales: 3.\n\nhour  sales\n9         3\n\n- Hours are in local time.\n- 1 file not read\n"
    )


def test_every_format_is_written_to_its_file(tmp_path: Path) -> None:
    run(*(word for kind in ("csv", "html", "json") for word in (f"--{kind}", str(tmp_path / f"f.{kind}"))))
    assert (tmp_path / "f.csv").read_text() == CONTENT.csv
    assert json.loads((tmp_path / "f.json").read_text()) == {"9": 3}
    page = (tmp_path / "f.html").read_text()
    for part in ("<h1>Sales by hour</h1>", "<b>plot</b>", "<li>1 file not read</li>"):
        assert part in page


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_format_on_stdout_replaces_the_tables_and_missing_input_goes_to_stderr(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(f"--{kind}", "-")
    printed = capsys.readouterr()
    assert printed.out == getattr(CONTENT, kind)
    assert printed.err == "edge-agent: 1 file not read\n"


def test_two_formats_on_stdout_are_an_error() -> None:
    with pytest.raises(UsageError, match="--csv - and --json - cannot both print to stdout"):
        run("--csv", "-", "--json", "-")
