"""What is said of a cashier, and what is not."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO

import pytest

from edge.policy import Decision
from edge.records import SaleRecord
from edge.report.cashiers import cashiers_csv, cashiers_table, compare, notes, tally
from edge.report.shares import Share

MakeSale = Callable[..., SaleRecord]


@pytest.fixture(scope="session")
def week(sale: MakeSale) -> Callable[..., list[SaleRecord]]:
    """Sales completed with ID due, so many with a check and so many without."""

    def of(cashier: str | None, checked: int, unchecked: int) -> list[SaleRecord]:
        done = [sale(cashier, check="passed") for _ in range(checked)]
        return done + [sale(cashier) for _ in range(unchecked)]

    return of


def remarks(sales: list[SaleRecord]) -> dict[str, str]:
    return {line.cashier.cashier: line.remark for line in compare(sales)}


def test_every_sale_counts_where_it_belongs(sale: MakeSale) -> None:
    sales = [
        sale(check="passed"),
        sale(check="failed", ended="cancelled"),
        sale(check="failed"),
        sale(decision=Decision.UNKNOWN),
        sale(decision=None),
        sale(ended="cancelled"),
        sale(ended="abandoned"),
        sale(decision=Decision.NO_CHALLENGE),
        sale(decision=Decision.NO_CHALLENGE, check="not-shown"),
    ]
    found = tally("anna", sales)
    assert (found.sales, found.due, found.checked) == (9, 7, 3)
    assert found.unchecked == Share(2, 4)
    assert found.not_passed == 2


def test_a_cashier_is_compared_with_everybody_else_and_not_with_a_share_of_which_she_is_part(week: MakeSale) -> None:
    (anna, boris) = compare([*week("boris", 95, 5), *week("anna", 10, 30)])
    assert (anna.cashier.cashier, anna.cashier.unchecked, anna.others) == ("anna", Share(30, 40), Share(5, 100))
    assert (boris.cashier.cashier, boris.cashier.unchecked, boris.others) == ("boris", Share(5, 100), Share(30, 40))
    assert anna.remark == "checks reported less often than by the others"
    assert boris.remark == "checks reported more often than by the others"


def test_a_small_difference_is_called_no_difference(week: MakeSale) -> None:
    found = remarks([*week("anna", 90, 10), *week("boris", 94, 6)])
    assert found == dict.fromkeys(("anna", "boris"), "no clear difference from the others")


def test_nineteen_sales_say_nothing_and_twenty_may(week: MakeSale) -> None:
    others = week("boris", 100, 0)
    assert remarks(others + week("anna", 0, 19))["anna"] == "too few sales to say anything"
    assert remarks(others + week("anna", 0, 20))["anna"] == "checks reported less often than by the others"


def test_with_too_few_sales_of_others_there_is_nobody_to_compare_with(week: MakeSale) -> None:
    assert remarks(week("anna", 10, 90))["anna"] == "too few sales of others to compare with"
    assert remarks(week("anna", 10, 90) + week("boris", 19, 0))["anna"] == "too few sales of others to compare with"


def test_sales_that_name_no_cashier_are_listed_last_and_held_against_nobody(week: MakeSale) -> None:
    lines = compare([*week(None, 0, 100), *week("zoe", 100, 0)])
    assert [line.cashier.cashier for line in lines] == ["zoe", "-"]
    assert lines[1].remark == "the till named no cashier"


def test_the_table_ends_with_everybody_together(week: MakeSale) -> None:
    sales = [*week("anna", 38, 2), *week("boris", 0, 1)]
    table = cashiers_table(compare(sales), tally("all", sales))
    assert table.rows == (
        ("anna", "40", "40", "38", "2 of 40", "5.0 %", "1.4 to 16.5 %", "100.0 %", "0",
         "too few sales of others to compare with"),
        ("boris", "1", "1", "0", "1 of 1", "100.0 %", "20.7 to 100.0 %", "5.0 %", "0",
         "too few sales to say anything"),
        ("all", "41", "41", "38", "3 of 41", "7.3 %", "2.5 to 19.4 %", "-", "0", ""),
    )  # fmt: skip


def test_where_nothing_was_completed_there_is_no_share(sale: MakeSale) -> None:
    sales = [sale(ended="cancelled")]
    assert cashiers_table(compare(sales), tally("all", sales)).rows[0][4:8] == ("0 of 0", "-", "-", "-")
    (row,) = csv.DictReader(StringIO(cashiers_csv(compare(sales))))
    assert [row[name] for name in ("unchecked_share", "share_low", "share_high", "others_share")] == [""] * 4


def test_the_csv_has_a_row_per_cashier_with_shares_as_numbers(week: MakeSale) -> None:
    anna, nobody = csv.DictReader(StringIO(cashiers_csv(compare([*week("anna", 38, 2), *week(None, 1, 0)]))))
    assert anna == {
        "cashier_id": "anna", "sales": "40", "id_due": "40", "checked": "38", "completed_id_due": "40",
        "unchecked": "2", "unchecked_share": "0.05", "share_low": "0.013821", "share_high": "0.165039",
        "others_share": "0.0", "completed_check_not_passed": "0", "remark": "too few sales of others to compare with",
    }  # fmt: skip
    assert nobody["cashier_id"] == ""


def test_the_notes_name_what_deserves_a_look_and_what_is_not_known(sale: MakeSale) -> None:
    assert len(notes([sale(check="passed")])) == 3
    found = notes([sale(check="failed"), sale(check="not-shown"), sale(ended="abandoned")])
    assert found[3].startswith("2 sales were completed although the reported check had failed or no document")
    assert found[4] == "1 sale was abandoned, with an end that is not known, and counted in no share."
