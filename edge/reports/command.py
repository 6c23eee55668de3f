"""`edge-agent report`: the list of reports, and the command that runs one of them."""

from __future__ import annotations

from edge.commands import Parser
from edge.reports.archive.report import ARCHIVE
from edge.reports.baskets.report import BASKET
from edge.reports.cashiers.report import CASHIERS
from edge.reports.changes.report import CHANGES_REPORT
from edge.reports.export.report import EXPORT
from edge.reports.offers.report import OFFERS
from edge.reports.sales.report import SALES
from edge.reports.verify.report import VERIFY

REPORTS = (CASHIERS, SALES, BASKET, OFFERS, CHANGES_REPORT, EXPORT, ARCHIVE, VERIFY)
"""To add a report, declare it in a folder of its own and add it here."""


def report(words: list[str]) -> None:
    """Run `edge-agent report` with these command-line words.

    Raises UsageError, StoreError for an audit log that cannot be read, and RunError for other unreadable input.
    """
    arguments = report_parser().parse_args(words)
    arguments.report.write(arguments)


def report_parser() -> Parser:
    """The parser of `edge-agent report`."""
    parser = Parser(prog="edge-agent report", description="Reports on the lanes' audit logs and filed purchases.")
    commands = parser.add_subparsers(title="reports", metavar="REPORT", required=True)
    for declared in REPORTS:
        declared.add_to(commands)
    return parser
