"""Pages on paper: with Chromium, and an error that says what to install."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from edge.errors import RunError, UsageError
from edge.reports.content import ReportContent
from edge.reports.page import report_page
from edge.reports.paper import as_pdf
from edge.reports.tables import Table

ROWS = tuple((f"cashier-{number}", *("1234.5 %",) * 8, "no clear difference from the others") for number in range(60))
COLUMNS = ("cashier", *(f"a long title {number}" for number in range(8)), "remark")


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="needs Chromium")
def test_chromium_prints_a_long_table_on_several_a4_pages() -> None:
    table = Table(COLUMNS, ROWS, frozenset(COLUMNS[1:-1]))
    printed = as_pdf(report_page(ReportContent("Sales", "Some.", [table], "", page_parts=[table])))
    assert printed.startswith(b"%PDF-")
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert len(sizes) > 1
    assert all((round(float(width)), round(float(height))) == (595, 842) for width, height in sizes)


def test_without_a_printer_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="sudo apt-get install chromium, or pip install weasyprint"):
        as_pdf("<p>text</p>")


def test_a_printer_that_fails_is_named_with_its_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "weasyprint"
    broken.write_text("#!/bin/sh\necho no fonts >&2\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RunError, match="weasyprint printed nothing: no fonts; --html FILE"):
        as_pdf("<p>text</p>")
