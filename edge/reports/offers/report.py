"""`edge-agent report offers`: reads what became of offers, of a lane or many shops, and writes what was asked for."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import duckdb

from edge.errors import UsageError
from edge.offers.book import OfferOutcome
from edge.offers.results import RESULTS, RESULTS_FOLDER
from edge.reports.files import files_left_out, read_files
from edge.reports.offers.comparison import OfferReport, compare, tally
from edge.reports.offers.page import offers_page
from edge.reports.offers.tables import offers_csv, offers_json, offers_table
from edge.reports.output import show, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.files import Files
    from edge.reports.period import Period
    from edge.settings.sections import InsightsSettings

_COUNTS = """
SELECT band, coalesce(sku, category), outcome, bought, count(*) FROM read_parquet(?)
WHERE time >= ? AND time < ? AND time <= ? AND bought IS NOT NULL GROUP BY ALL
"""


def report_offers(
    period: Period, folders: Sequence[Path], settings: InsightsSettings, *, csv: str | None, html: Path | None,
    json: str | None,
) -> None:  # fmt: skip
    """folders: of filed purchases. Raises UsageError for a file that cannot be written, RunError for a folder that
    cannot be read."""
    if csv == json == "-":
        raise UsageError("--csv - and --json - both want stdout: give one of them a file")
    report, files = read_report(folders, period, datetime.now(timezone.utc), settings.min_customers)
    headline, missing = about(report, period), files_left_out(files)
    if report.unknown:
        missing.append(
            f"{report.unknown} sales left out: what became of their offers is in words of another edge-agent"
        )
    remarks = [*(notes(report) if report.everything else []), *missing]
    figures = offers_json(report, headline, missing)
    if html:
        write(html, offers_page(report, headline, settings.notice, remarks))
    if json and json != "-":
        write(Path(json), figures)
    if json == "-":
        print(figures, end="")
        if csv:
            write(Path(csv), offers_csv(report))
    else:
        show(csv, offers_csv(report), headline, [offers_table(report)] if report.everything else [], remarks)
    if "-" in (csv, json):
        for line in missing:
            print(f"edge-agent: {line}", file=sys.stderr)


def read_report(folders: Sequence[Path], period: Period, now: datetime, least: int) -> tuple[OfferReport, Files]:
    """The report, and the files it comes from. Raises RunError when a folder cannot be read."""
    return read_files(
        [folder / RESULTS_FOLDER for folder in dict.fromkeys(map(Path.resolve, folders))], period,
        lambda files: _report(files, period, now, least), failure=duckdb.Error, layout=RESULTS,
        mend="a lane files there what became of offers once offers.enabled is set, or give --folder",
    )  # fmt: skip


def _report(files: Files, period: Period, now: datetime, least: int) -> OfferReport:
    if not files.good:
        return compare((), least)
    with duckdb.connect() as connection:
        query = [[str(file) for file in files.good], period.since, period.until, now]
        rows = connection.execute(_COUNTS, query).fetchall()
    counts: dict[tuple[str, str], dict[tuple[str, bool], int]] = {}
    unknown = 0
    for band, offer, outcome, bought, count in rows:
        if outcome in get_args(OfferOutcome):
            counts.setdefault((band, offer), {})[outcome, bought] = count
        else:
            unknown += count
    return compare([tally(band, offer, found) for (band, offer), found in counts.items()], least, unknown)


def about(report: OfferReport, period: Period) -> str:
    """What the report is about, in a line."""
    if not report.everything:
        return f"Offers {period}: fewer than {report.least} sales with an offer, or held out: too few to be shown."
    made, held_out = report.everything.made.trials, report.everything.held_out.trials
    return f"Offers {period}: they fitted {made + held_out} sales; made in {made}, held out in {held_out}."


def notes(report: OfferReport) -> list[str]:
    """How to read it."""
    return [
        "Bought: the goods were in the basket in the end, of all sales in which the offer was made, seen or not; "
        "without: of those in which it would have been, but chance (offers.held_out) said no. Only this comparison is "
        "fair: who is shown an offer, and who takes it, is no matter of chance.",
        "Lift: bought, by bought without; its 95 % interval is Donner and Zou's (2012), from the two Wilson intervals. "
        "Among twenty offers that bring nothing, about one has an interval that leaves out 1.",
        "Shown, taken, refused: as the till says.",
        f"An offer with fewer than {report.least} sales, made or held out, is counted among the others.",
    ]
