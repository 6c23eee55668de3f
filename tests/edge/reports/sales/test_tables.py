"""The table and the CSV of restricted sales."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from io import StringIO

import pytest

from edge.decision.policy import Decision
from edge.records.records import SaleRecord
from edge.reports.sales.tables import sales_csv, sales_table
from edge.reports.tables import as_text
from edge.till.messages import SaleReference
from tests.edge.purchases.conftest import NOON
from tests.edge.reports.conftest import check_of, sale_of


def row_of(sale: SaleRecord) -> dict[str, str]:
    """The row of the table by column."""
    table = sales_table([sale])
    return dict(zip(table.columns, table.rows[0], strict=True))


def csv_of(sale: SaleRecord) -> dict[str, str]:
    """The row of the CSV by column."""
    (row,) = csv.DictReader(StringIO(sales_csv([sale])))
    return row


@pytest.mark.usefixtures("in_moscow")
def test_a_row_has_the_answer_to_the_till_and_the_check() -> None:
    assert row_of(sale_of("anna", check="passed", sale_id="a-1")) == {
        "sale": "a-1", "time": "1 Nov 2026, 15:00", "lane": "lane-1, till-1", "cashier": "anna",
        "answer": "ask for ID (18+), looks young, looks 21 (16 – 27), asks below about 25", "check": "passed",
        "end": "completed",
    }  # fmt: skip


def test_a_missing_value_is_a_dash() -> None:
    row = row_of(sale_of(None, decision=None, restricted=()))
    assert (row["cashier"], row["check"]) == ("-", "no check")
    assert row["answer"] == "no answer reached the till: ask for ID"
    assert row_of(sale_of(None, Decision.UNKNOWN))["answer"] == (
        "ask for ID (18+): age unknown, no face in view, asks below about 25"
    )
    assert row_of(sale_of(decision=Decision.NO_CHALLENGE))["check"] == "-"


def test_without_a_question_of_the_till_there_was_no_answer() -> None:
    sale = sale_of(decision=None, ended="not-asked")
    assert row_of(sale)["answer"] == "the till did not ask"
    assert csv_of(sale)["decision"] == ""


def test_a_lane_without_a_limit_asked_everybody() -> None:
    sale = sale_of()
    everybody = sale.alerts[0].model_copy(update={"threshold": 101})
    assert row_of(sale.model_copy(update={"alerts": (everybody,)}))["answer"].endswith(", everybody is asked")


def test_the_check_says_how_the_age_was_known_by_whom_where_and_when() -> None:
    document = check_of(means="document", at=NOON + timedelta(seconds=5))
    assert row_of(sale_of(checks=(document,)))["check"] == "passed, document, before the first scan"
    override = check_of(
        by="zoe", means="manager-override", authorised_by="olga", till="attendant-1", at=NOON + timedelta(seconds=99)
    )
    sale = sale_of("anna", checks=(check_of("failed", by="anna"), override))
    assert row_of(sale)["check"] == (
        "passed, manager override, authorised by olga, by zoe, at attendant-1, after payment"
    )
    row = csv_of(sale)
    assert (row["check"], row["means"], row["authorised_by"]) == ("passed", "manager-override", "olga")
    assert (row["cashier_id"], row["checked_by"], row["till"], row["check_till"]) == (
        "anna", "zoe", "till-1", "attendant-1",
    )  # fmt: skip
    assert (row["checked_at"], row["check_time"]) == ("2026-11-01T12:01:39.000Z", "after payment")
    assert row["all_checks"] == (
        "2026-11-01T12:00:30.000Z failed by anna at till-1; "
        "2026-11-01T12:01:39.000Z passed by zoe at attendant-1, manager-override authorised by olga"
    )


def test_a_check_for_a_lower_age_is_shown_but_is_no_check_of_the_sale() -> None:
    sale = sale_of(restricted=({"minimum_age": 18}, {"minimum_age": 21}), checks=(check_of(minimum_age=18),))
    assert row_of(sale)["answer"].startswith("ask for ID (21+), ")
    assert row_of(sale)["check"] == "none for 21; passed, for 18"
    row = csv_of(sale)
    assert (row["minimum_age"], row["check"], row["checked_by"]) == ("21", "", "")
    assert row["all_checks"] == "2026-11-01T12:00:30.000Z passed for 18 by anna at till-1"


def test_sales_that_continue_elsewhere_name_each_other() -> None:
    here = sale_of(ended="suspended", resumed_as=SaleReference(sale_id="b-7", till="till-4", lane="lane-2"))
    there = sale_of(resumed_from=SaleReference(sale_id="a-1"))
    assert row_of(here)["end"] == "suspended, resumed as b-7 (lane-2 till-4)"
    assert (csv_of(here)["resumed_from"], csv_of(here)["resumed_as"]) == ("", "lane-2/till-4/b-7")
    assert row_of(there)["end"] == "completed, resumed from a-1 (lane-1 till-1)"
    assert csv_of(there)["resumed_from"] == "lane-1/till-1/a-1"


@pytest.mark.usefixtures("in_moscow")
def test_the_csv_has_utc_times_unrounded_numbers_and_empty_cells(noon: datetime) -> None:
    first = sale_of("=anna", sale_id="sale-a", store="hill", box="hill-01")
    second = sale_of(None, decision=None, sale_id="sale-b", restricted=(), restricted_at=None)
    assert sales_csv([first, second]) == (
        "opened_at,lane,till,cashier_id,decision,reasons,age_mean,age_low,age_high,threshold,check,ended,sale_id,"
        "minimum_age,legal_age,checked_by,means,authorised_by,check_till,check_minimum_age,checked_at,check_time,"
        "all_checks,opened_by,closed_by,restricted_at,withdrawn_at,suspended_at,closed_at,resumed_from,resumed_as,"
        "store,box\n"
        "2026-11-01T12:00:00.000Z,lane-1,till-1,'=anna,CHALLENGE,looks-young,21.6,16.5,27.4,25,,completed,sale-a,"
        "18,18,,,,,,,,,,'=anna,2026-11-01T12:00:10.000Z,,,2026-11-01T12:01:00.000Z,,,hill,hill-01\n"
        "2026-11-01T12:00:00.000Z,lane-1,till-1,,UNKNOWN,,,,,,,completed,sale-b,"
        ",,,,,,,,,,,,,,,2026-11-01T12:01:00.000Z,,,,\n"
    )


def test_nothing_is_lost_on_a_terminal_of_80_columns() -> None:
    other = SaleReference(sale_id="receipt-00417", till="till-4", lane="lane-2")
    check = check_of(by="operator-0042", means="obviously-of-age", at=NOON + timedelta(seconds=99))
    table = sales_table([sale_of("operator-0017", checks=(check,), ended="suspended", resumed_as=other)])
    text = as_text(table, width=80)
    assert max(map(len, text.splitlines())) <= 80
    words = [word for row in (table.columns[2:], table.rows[0][2:]) for cell in row for word in cell.split()]
    assert text.splitlines()[2] == f"{table.rows[0][0]}, 1 Nov 2026, 12:00", "a block for the sale"
    assert [word for word in words if word not in text.split()] == []
