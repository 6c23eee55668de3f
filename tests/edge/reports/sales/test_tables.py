"""The table and the CSV of restricted sales."""

from __future__ import annotations

from datetime import datetime

import pytest

from edge.decision.policy import Decision
from edge.reports.sales.tables import sales_csv, sales_table
from tests.edge.reports.conftest import sale_of


@pytest.mark.usefixtures("in_moscow")
def test_a_row_has_the_answer_to_the_till_and_the_check() -> None:
    (row,) = sales_table([sale_of("anna", check="passed")]).rows
    assert row == (
        "2026-11-01 15:00:00", "lane-1", "till-1", "anna", "CHALLENGE", "21 (16 to 27)", "25", "passed", "completed",
        "looks-young",
    )  # fmt: skip


def test_a_missing_value_is_a_dash() -> None:
    (row,) = sales_table([sale_of(None, decision=None)]).rows
    assert row[3:] == ("-", "UNKNOWN", "-", "-", "-", "completed", "no answer reached the till")
    (row,) = sales_table([sale_of(None, Decision.UNKNOWN)]).rows
    assert row[4:7] == ("UNKNOWN", "-", "25")


@pytest.mark.usefixtures("in_moscow")
def test_the_csv_has_utc_times_unrounded_numbers_and_empty_cells(noon: datetime) -> None:
    first = sale_of("=anna").model_copy(update={"sale_id": "sale-a"})
    second = sale_of(None, decision=None).model_copy(update={"sale_id": "sale-b"})
    assert sales_csv([first, second]) == (
        "opened_at,lane,till,cashier_id,decision,reasons,age_mean,age_low,age_high,threshold,check,ended,sale_id\n"
        "2026-11-01T12:00:00.000Z,lane-1,till-1,'=anna,CHALLENGE,looks-young,21.6,16.5,27.4,25,,completed,sale-a\n"
        "2026-11-01T12:00:00.000Z,lane-1,till-1,,UNKNOWN,,,,,,,completed,sale-b\n"
    )
