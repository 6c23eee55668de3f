"""Comparison of cashiers: counts, remarks, table, CSV and notes."""

from __future__ import annotations

import csv
from io import StringIO

import numpy as np

from edge.decision.policy import Decision
from edge.records.records import SaleRecord
from edge.reports.cashiers.cashiers import CashierLine, CashierTally, compare, tallies, tally
from edge.reports.cashiers.notes import notes
from edge.reports.cashiers.tables import cashiers_csv, cashiers_table
from edge.reports.shares import Share
from tests.edge.reports.conftest import sale_of


def week_of(cashier: str | None, checked: int, unchecked: int) -> list[SaleRecord]:
    """Completed sales with ID due: some with a check, some without."""
    done = [sale_of(cashier, check="passed") for _ in range(checked)]
    return done + [sale_of(cashier) for _ in range(unchecked)]


def compared(sales: list[SaleRecord]) -> list[CashierLine]:
    return compare(tallies(sales, "store-1"))


def remarks(sales: list[SaleRecord]) -> dict[str, str]:
    return {line.cashier.cashier: line.remark for line in compared(sales)}


def test_sales_are_counted_by_check_and_end() -> None:
    sales = [
        sale_of(check="passed"),
        sale_of(check="failed", ended="cancelled"),
        sale_of(check="failed"),
        sale_of(decision=Decision.UNKNOWN),
        sale_of(decision=None),
        sale_of(ended="cancelled"),
        sale_of(ended="abandoned"),
        sale_of(decision=Decision.NO_CHALLENGE),
        sale_of(decision=Decision.NO_CHALLENGE, check="not-shown"),
    ]
    found = tally("store-1", "anna", sales)
    assert (found.sales, found.due, found.checked) == (9, 7, 3)
    assert found.unchecked == Share(2, 4)
    assert found.not_passed == 2


def test_a_cashier_is_compared_with_all_others_without_herself() -> None:
    (anna, boris) = compared([*week_of("boris", 95, 5), *week_of("anna", 10, 30)])
    assert (anna.cashier.cashier, anna.cashier.unchecked, anna.others) == ("anna", Share(30, 40), Share(5, 100))
    assert (boris.cashier.cashier, boris.cashier.unchecked, boris.others) == ("boris", Share(5, 100), Share(30, 40))
    assert anna.remark == "reports checks less often than the others"
    assert boris.remark == "reports checks more often than the others"


def test_a_small_difference_is_no_clear_difference() -> None:
    found = remarks([*week_of("anna", 90, 10), *week_of("boris", 94, 6)])
    assert found == dict.fromkeys(("anna", "boris"), "no clear difference from the others")


def test_twenty_sales_are_compared_and_nineteen_are_not() -> None:
    others = week_of("boris", 100, 0)
    assert remarks(others + week_of("anna", 0, 19))["anna"] == "too few sales to compare"
    assert remarks(others + week_of("anna", 0, 20))["anna"] == "reports checks less often than the others"


def test_too_few_sales_of_others_are_not_compared_with() -> None:
    assert remarks(week_of("anna", 10, 90))["anna"] == "too few sales of others to compare with"
    assert (
        remarks(week_of("anna", 10, 90) + week_of("boris", 19, 0))["anna"] == "too few sales of others to compare with"
    )


def test_sales_without_a_cashier_are_last_and_not_compared() -> None:
    lines = compared([*week_of(None, 0, 100), *week_of("zoe", 100, 0)])
    assert [line.cashier.cashier for line in lines] == ["zoe", "-"]
    assert lines[1].remark == "the till sent no cashier"


def test_the_last_row_of_the_table_is_the_total() -> None:
    sales = [*week_of("anna", 38, 2), *week_of("boris", 0, 1)]
    table = cashiers_table(compared(sales))
    assert table.rows == (
        ("anna", "40", "40", "38", "2 of 40", "5.0 %", "1.4 to 16.5 %", "100.0 %", "0",
         "too few sales of others to compare with"),
        ("boris", "1", "1", "0", "1 of 1", "100.0 %", "20.7 to 100.0 %", "5.0 %", "0",
         "too few sales to compare"),
        ("all", "41", "41", "38", "3 of 41", "7.3 %", "2.5 to 19.4 %", "-", "0", ""),
    )  # fmt: skip


def test_without_a_completed_sale_there_is_no_share() -> None:
    sales = [sale_of(ended="cancelled")]
    assert cashiers_table(compared(sales)).rows[0][4:8] == ("0 of 0", "-", "-", "-")
    (row,) = csv.DictReader(StringIO(cashiers_csv(compared(sales))))
    assert [row[name] for name in ("unchecked_share", "share_low", "share_high", "others_share")] == [""] * 4


def test_the_csv_has_a_row_for_each_cashier_with_shares_as_numbers() -> None:
    anna, nobody = csv.DictReader(StringIO(cashiers_csv(compared([*week_of("anna", 38, 2), *week_of(None, 1, 0)]))))
    assert anna == {
        "store": "store-1", "cashier_id": "anna", "sales": "40", "id_due": "40", "checked": "38",
        "completed_id_due": "40", "unchecked": "2", "unchecked_share": "0.05", "share_low": "0.013821",
        "share_high": "0.165039",
        "others_share": "0.0", "false_discovery_rate": "",
        "completed_check_not_passed": "0", "remark": "too few sales of others to compare with",
    }  # fmt: skip
    assert nobody["cashier_id"] == ""


def test_the_notes_mention_failed_checks_and_abandoned_sales() -> None:
    assert len(notes(compared([sale_of(check="passed")]))) == 3
    found = notes(compared([sale_of(check="failed"), sale_of(check="not-shown"), sale_of(ended="abandoned")]))
    assert found[3].startswith("2 sales were completed although the reported check failed or no document")
    assert found[4] == "1 sale was abandoned: the end is unknown, and no share counts them."


def crew(chance: np.random.Generator, unchecked: list[float], sales: int = 150) -> list[CashierTally]:
    """Cashiers with these expected shares of unchecked sales. sales: expected number for each."""
    found = []
    for number, share in enumerate(unchecked):
        due = int(chance.poisson(sales))
        missed = int(chance.binomial(due, share))
        found.append(CashierTally("store-1", f"c-{number}", due, due, due - missed, Share(missed, due), 0, 0))
    return found


def reported_as_different(cashiers: list[CashierTally]) -> set[str]:
    return {line.cashier.cashier for line in compare(cashiers) if "often" in line.remark}


def test_among_sixty_equal_cashiers_hardly_any_is_reported_as_different() -> None:
    chance = np.random.default_rng(1)
    assert sum(bool(reported_as_different(crew(chance, [0.1] * 60))) for _ in range(100)) <= 5


def test_one_careless_cashier_among_sixty_is_found_with_few_false_findings() -> None:
    chance = np.random.default_rng(2)
    found = [reported_as_different(crew(chance, [0.3] + [0.1] * 59)) for _ in range(50)]
    assert sum("c-0" in names for names in found) >= 49
    assert np.mean([len(names - {"c-0"}) / max(len(names), 1) for names in found]) <= 0.05


def test_a_difference_that_is_clear_between_two_may_be_chance_among_sixty() -> None:
    anna, others = CashierTally("store-1", "anna", 100, 100, 85, Share(15, 100), 0, 0), Share(7 * 59, 100 * 59)
    colleague = CashierTally("store-1", "boris", 5900, 5900, 5487, others, 0, 0)
    many = [CashierTally("store-1", f"c-{number}", 100, 100, 93, Share(7, 100), 0, 0) for number in range(59)]
    assert reported_as_different([anna, colleague]) == {"anna", "boris"}
    assert reported_as_different([anna, *many]) == set()


def test_cashiers_with_the_same_name_in_two_stores_are_separate() -> None:
    lines = compare(
        [*tallies(week_of("anna", 30, 10), "sea"), *tallies([*week_of("anna", 50, 0), *week_of(None, 1, 0)], "hill")]
    )
    assert [row[:4] for row in cashiers_table(lines).rows] == [
        ("hill", "anna", "50", "50"), ("sea", "anna", "40", "40"), ("hill", "-", "1", "1"), ("-", "all", "91", "91"),
    ]  # fmt: skip
    assert [row["store"] for row in csv.DictReader(StringIO(cashiers_csv(lines)))] == ["hill", "sea", "hill"]
    assert "a difference of a whole store shows in each of its cashiers" in notes(lines)[3]
