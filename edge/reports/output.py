"""Writes a report: tables for people on the terminal, CSV, JSON and HTML into files."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import UsageError
from edge.reports.page import report_page
from edge.reports.tables import as_text
from edge.settings.files import replacing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.tables import Table


@dataclass(frozen=True, slots=True)
class ReportContent:
    """A computed report.

    title: of the page. headline: what the report covers, in one line. warnings: what must be read first, below the
    headline. tables: for people. csv, json: whole files.
    page_parts: HTML of the page's plots and tables. notes: how to read the report. dropped: one line for each thing
    that is missing from the figures. notice: the shop's notice to its customers, shown on the page.
    """

    title: str
    headline: str
    tables: Sequence[Table]
    csv: str
    json: str = ""
    page_parts: Sequence[str] = ()
    warnings: Sequence[str] = ()
    notes: Sequence[str] = ()
    dropped: Sequence[str] = ()
    notice: str = ""


def write_report(content: ReportContent, csv: str | None, html: Path | None, json: str | None) -> None:
    """Write the files asked for and print the report.

    csv, json: a file, or - for stdout; then the tables are not printed, and `warnings` and `dropped` go to stderr.
    Raises UsageError for a file that cannot be written.
    """
    remarks = [*content.notes, *content.dropped]
    if html:
        page = report_page(
            content.title, content.headline, content.page_parts, remarks, content.notice, content.warnings
        )
        write(html, page)
    for file, text in ((csv, content.csv), (json, content.json)):
        if file == "-":
            print(text, end="")
        elif file:
            write(Path(file), text)
    if "-" in (csv, json):
        for line in (*content.warnings, *content.dropped):
            print(f"edge-agent: {line}", file=sys.stderr)
    else:
        print_report("\n".join((content.headline, *content.warnings)), content.tables, remarks)


def print_report(headline: str, tables: Sequence[Table], remarks: Sequence[str]) -> None:
    """Print the headline, the tables and a list of remarks."""
    print(headline)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for table in tables:
        print("\n" + as_text(table, width), end="")
    if remarks:
        print("\n" + "\n".join(f"- {remark}" for remark in remarks))


def write(file: Path, text: str) -> None:
    """Write the whole file or nothing. Raises UsageError."""
    try:
        with replacing(file) as draft:
            draft.write_text(text, encoding="utf-8", newline="")
    except OSError as problem:
        raise UsageError(f"cannot write {file}: {problem.strerror}") from None
