"""`edge-agent report offers`: its declaration, and what it shows."""

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
    from edge.reports.offers.lead import lead, no_results_yet
    from edge.reports.offers.notes import dropped, headline, notes
    from edge.reports.offers.page import page_parts
    from edge.reports.offers.results import read_report
    from edge.reports.offers.tables import offers_csv, offers_json, offers_table

    lanes, now = load_lanes([], arguments.config), datetime.now(timezone.utc)
    settings = lanes[0].insights
    folders = purchase_folders(arguments, lanes)
    report, files = read_report(
        folders, arguments.period, now, settings.min_customers, no_results_yet(now, enabled=lanes[0].offers.enabled)
    )
    first_line, missing = headline(report, arguments.period), dropped(report, files)
    return ReportContent(
        title=title_of(words("What the offers sold"), arguments.shop.name),
        headline=first_line,
        lead=lead(report, arguments.period, now, lanes[0].offers),
        tables=[offers_table(report)] if report.everything else [],
        csv=offers_csv(report),
        json=offers_json(report, first_line, missing),
        page_parts=page_parts(report, arguments.language) if arguments.html or arguments.pdf else (),
        notes=notes(report) if report.everything else (),
        dropped=missing,
        notice=settings.notice,
    )


OFFERS = Report(
    name="offers",
    help="how offers changed what customers buy",
    run=_run,
    folders=PURCHASE_FOLDERS,
    formats=("csv", "html", "json"),
)
