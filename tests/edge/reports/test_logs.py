"""Reading audit logs: revised records, records of older versions, and exercises."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from edge.records.records import SaleRecord
from edge.reports.logs import RestrictedSales, read_restricted_sales
from edge.reports.period import Period
from tests.edge.reports.conftest import MakeFolder, RunReport, check_of, of_older_version, recent_sale, sale_of


@pytest.fixture
def day(noon: datetime) -> Period:
    return Period(noon - timedelta(hours=12), noon + timedelta(hours=12))


def revised(sale: SaleRecord, by: str = "anna") -> SaleRecord:
    """The record that follows when a check is reported after the close."""
    assert sale.closed_at
    late = check_of(by=by, at=sale.closed_at + timedelta(minutes=2))
    return sale.model_copy(update={"checks": (*sale.checks, late), "revision": sale.revision + 1})


def test_a_revised_record_replaces_the_first_one(state_folder: MakeFolder, day: Period) -> None:
    sale, other = sale_of("anna"), sale_of("boris")
    found = read_restricted_sales([state_folder(sale, other, revised(sale))], day)
    assert found == RestrictedSales([revised(sale), other], training=0)


def test_exercises_are_counted_apart(state_folder: MakeFolder, day: Period) -> None:
    sale, exercise = sale_of(), sale_of(training=True)
    found = read_restricted_sales([state_folder(sale, exercise, revised(exercise))], day)
    assert found == RestrictedSales([sale], training=1)


def test_records_of_the_version_before_are_read_with_new_ones(state_folder: MakeFolder, day: Period) -> None:
    older, newer = sale_of("anna", check="failed"), sale_of("boris", checks=(check_of(means="document"),))
    found = read_restricted_sales([state_folder(of_older_version(older), newer)], day)
    assert [(sale.sale_id, sale.cashier_id, sale.check) for sale in found.sales] == [
        (older.sale_id, "anna", "failed"), (newer.sale_id, "boris", "passed"),
    ]  # fmt: skip
    assert found.sales[0].checks == older.checks


def test_both_kinds_of_records_are_in_one_report(printed: RunReport, state_folder: MakeFolder) -> None:
    older, newer = recent_sale("anna", check="passed"), recent_sale("boris")
    newer = newer.model_copy(update={"checks": (check_of(by="zoe", means="document", at=newer.opened_at),)})
    folder = state_folder(of_older_version(older), newer, revised(newer, by="anna"))
    lines = printed("cashiers", "--state-dir", folder, "--csv", "-").splitlines()
    columns = lines[0].split(",")
    rows = [dict(zip(columns, line.split(","), strict=True)) for line in lines[1:]]
    assert [(row["cashier_id"], row["sales"], row["unchecked"], row["checks_made"]) for row in rows] == [
        ("anna", "1", "0", "2"), ("boris", "1", "0", "0"), ("zoe", "0", "0", "1"),
    ]  # fmt: skip
    assert len(printed("sales", "--state-dir", folder, "--csv", "-").splitlines()) == 3


def test_every_report_warns_of_sales_that_the_till_never_reported(
    printed: RunReport, state_folder: MakeFolder, tmp_path: Path
) -> None:
    sale = recent_sale()
    folder = state_folder(sale.model_copy(update={"ended": "not-asked"}), recent_sale())
    warning = (
        "Restricted goods were sold that the till never reported: 1 sale. This is what a wrong or dishonest set-up of "
        "a till looks like; edge-agent report sales --only not-asked lists them."
    )
    assert printed("sales", "--state-dir", folder).splitlines()[1] == warning
    assert printed("cashiers", "--state-dir", folder, "--html", tmp_path / "f.html").splitlines()[1] == warning
    page = re.sub('<span class="key">|</span>', "", (tmp_path / "f.html").read_text("utf-8"))
    assert f'<p class="warning">{warning}</p>' in page


@pytest.mark.parametrize("kind", ["cashiers", "sales"])
def test_a_report_says_how_many_exercises_it_leaves_out(
    kind: str, printed: RunReport, state_folder: MakeFolder
) -> None:
    folder = state_folder(recent_sale().model_copy(update={"training": True}))
    first, *_, last = printed(kind, "--state-dir", folder).splitlines()
    assert first.endswith(": 0.")
    assert last == "- 1 training sale is left out."
