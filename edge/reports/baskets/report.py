"""`edge-agent report basket`: reads filed purchases, of one lane or of many shops, and writes what was asked for."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import UsageError
from edge.reports.baskets.analysis import analyse
from edge.reports.baskets.notes import about, left_out, notes
from edge.reports.baskets.page import baskets_page
from edge.reports.baskets.reading import read_sums
from edge.reports.baskets.tables import bands_table, baskets_csv, baskets_json, findings_table
from edge.reports.engine import LOCAL, engine
from edge.reports.output import show, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.engine import EngineName
    from edge.reports.period import Period
    from edge.settings.sections import InsightsSettings


def report_baskets(
    period: Period, folders: Sequence[Path], settings: InsightsSettings, *, csv: str | None, html: Path | None,
    json: str | None, on: EngineName = "duckdb", master: str = LOCAL,
) -> None:  # fmt: skip
    """on, master: see `edge.reports.engine.engine`. Raises UsageError for a file that cannot be written, RunError for
    a folder that cannot be read."""
    if csv == json == "-":
        raise UsageError("--csv - and --json - both want stdout: give one of them a file")
    now = datetime.now(timezone.utc)
    with engine(on, master) as backend:
        sums, files = read_sums(backend, list(dict.fromkeys(map(Path.resolve, folders))), period, now, settings)
    report = analyse(sums, settings.bands, settings.min_customers)
    headline, missing = about(report, period), left_out(sums.faults, files)
    remarks = [*(notes(report) if report.bands else []), *missing]
    figures = baskets_json(report, headline, missing)
    if html:
        write(html, baskets_page(report, headline, settings.notice, remarks))
    if json and json != "-":
        write(Path(json), figures)
    if "-" in (csv, json):
        print(baskets_csv(report) if csv == "-" else figures, end="")
        for line in missing:
            print(f"edge-agent: {line}", file=sys.stderr)
        if csv and csv != "-":
            write(Path(csv), baskets_csv(report))
        return
    tables = [bands_table(report)] if report.bands else []
    if report.findings:
        tables.append(findings_table(report.findings))
    show(csv, baskets_csv(report), headline, tables, remarks)
