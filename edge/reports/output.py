"""Writes a report: tables for people on the terminal, CSV, JSON and HTML into files."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import UsageError
from edge.reports.paper import as_pdf
from edge.reports.tables import as_text
from edge.settings.files import replacing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.content import ReportContent
    from edge.reports.tables import Table


def write_report(
    content: ReportContent, csv: str | None, html: Path | None, json: str | None, pdf: Path | None = None
) -> None:
    """Write the files asked for and print the report.

    csv, json: a file, or - for stdout; then the tables are not printed, and `warnings` and `dropped` go to stderr.
    Raises UsageError for a file that cannot be written.
    """
    remarks = [*content.notes, *content.dropped]
    if html or pdf:
        from edge.reports.page import report_page

        page = report_page(content)
        if html:
            write(html, page)
        if pdf:
            write(pdf, as_pdf(page))
    for file, text in ((csv, content.csv), (json, content.json)):
        if file == "-":
            print(text, end="")
        elif file:
            write(Path(file), text)
    if "-" in (csv, json):
        for line in (*content.warnings, *content.dropped):
            print(f"edge-agent: {line}", file=sys.stderr)
    else:
        print_report("\n".join((content.headline, *content.lead, *content.warnings)), content.tables, remarks)


def print_report(headline: str, tables: Sequence[Table], remarks: Sequence[str]) -> None:
    """Print the headline, the tables and a list of remarks."""
    print(headline)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for table in tables:
        print("\n" + as_text(table, width), end="")
    if remarks:
        print("\n" + "\n".join(f"- {remark}" for remark in remarks))


def write(file: Path, content: str | bytes) -> None:
    """Write the whole file or nothing. Raises UsageError."""
    try:
        with replacing(file) as draft:
            draft.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as problem:
        raise UsageError(f"cannot write {file}: {problem.strerror}") from None
