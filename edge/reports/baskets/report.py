"""`edge-agent report basket`: its declaration, and what it shows."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from edge.language.words import words
from edge.reports.content import ReportContent, title_of
from edge.reports.folders import PURCHASE_FOLDERS, purchase_folders
from edge.reports.report import Report
from edge.settings.lanes import load_lanes

if TYPE_CHECKING:
    from argparse import Namespace


def _run(arguments: Namespace) -> ReportContent:
    from edge.reports.baskets.analysis import analyse
    from edge.reports.baskets.lead import lead
    from edge.reports.baskets.notes import dropped, headline, notes
    from edge.reports.baskets.page import page_parts
    from edge.reports.baskets.reading import read_sums
    from edge.reports.baskets.tables import bands_table, baskets_csv, baskets_json, findings_table
    from edge.reports.baskets.when import visits
    from edge.reports.engine import engine

    lanes, now = load_lanes([], arguments.config), datetime.now(timezone.utc)
    settings, currency, language = lanes[0].insights, arguments.shop.currency, arguments.language
    with engine(arguments.engine, arguments.spark_master) as backend:
        sums, files = read_sums(backend, purchase_folders(arguments, lanes), arguments.period, now, settings)
    report = analyse(sums, settings.bands, settings.min_customers)
    first_line, missing = headline(report, arguments.period), dropped(sums.faults, files)
    tables = [bands_table(report, currency)] if report.bands else []
    if report.findings:
        tables.insert(0, findings_table(report.findings, currency))
    drawn = arguments.html or arguments.pdf
    return ReportContent(
        title=title_of(words("What each age band buys"), arguments.shop.name),
        headline=first_line,
        lead=lead(report, arguments.period, now, settings, currency),
        tables=tables,
        csv=baskets_csv(report),
        json=baskets_json(report, first_line, missing),
        page_parts=page_parts(report, visits(sums, arguments.period, settings.min_customers), language, currency)
        if drawn
        else (),
        notes=notes(report) if report.bands else (),
        dropped=missing,
        notice=settings.notice,
    )


BASKET = Report(
    name="basket",
    help="what each age band buys",
    run=_run,
    folders=PURCHASE_FOLDERS,
    engine=True,
    formats=("csv", "html", "json"),
)
