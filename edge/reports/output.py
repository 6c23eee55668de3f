"""Writes a report: tables for people on the terminal, CSV, JSON and HTML into files."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

from edge.errors import UsageError
from edge.language.catalogue import ENGLISH
from edge.language.formats import unbroken
from edge.language.system import system_words
from edge.language.words import in_language, words
from edge.progress import busy
from edge.reports.paper import as_pdf
from edge.reports.tables import as_text
from edge.settings.files import replacing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.content import ReportContent
    from edge.reports.tables import Table


def write_report(
    content: ReportContent, language: str, csv: str | None, html: Path | None, json: str | None, pdf: Path | None
) -> None:
    """Write the files asked for and print the report.

    language: the reader's. csv, json: a file, or - for stdout; then the tables are not printed, and `warnings` and
    `dropped` go to stderr. Raises UsageError for a file that cannot be written.
    """
    remarks = [*content.notes, *content.dropped]
    if html or pdf:
        from edge.reports.page import report_page

        page = report_page(content, language)
        if html:
            write(html, page)
        if pdf:
            with busy(words("making the PDF"), language):
                printed = as_pdf(page)
            write(pdf, printed)
    for file, text in ((csv, content.csv), (json, content.json)):
        if file == "-":
            print(text, end="")
        elif file:
            write(Path(file), text)
    if "-" in (csv, json):
        for line in (*content.warnings, *content.dropped):
            print(f"edge-agent: {in_language(line, language)}", file=sys.stderr)
    else:
        lead = [*content.warnings, *content.lead]
        print_report(content.headline, content.tables, remarks, language, lead)


def print_report(
    headline: str, tables: Sequence[Table], remarks: Sequence[str], language: str = ENGLISH, lead: Sequence[str] = ()
) -> None:
    """Print the headline, the sentences that must be read first, the tables and a list of remarks. On a terminal, no
    word is broken."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in (headline, *lead):
        print(_wrapped(in_language(line, language), width))
    for table in tables:
        print("\n" + as_text(table, width, language), end="")
    if remarks:
        print()
    for remark in remarks:
        print(_wrapped(f"- {in_language(remark, language)}", width, "  "))


def _wrapped(text: str, width: int | None, indent: str = "") -> str:
    """A paragraph in lines that fit a terminal. None: it stays in one."""
    if width is None:
        return text
    # textwrap breaks no line at a no-break space.
    return fill(unbroken(text), width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def write(file: Path, content: str | bytes) -> None:
    """Write the whole file or nothing. Raises UsageError."""
    try:
        with replacing(file) as draft:
            draft.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as problem:
        raise UsageError(words("cannot write {file}: {reason}", file=file, reason=system_words(problem))) from None
