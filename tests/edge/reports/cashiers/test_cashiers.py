"""Comparison of cashiers: remarks, tables, CSV and notes."""

from __future__ import annotations

import csv
from collections import Counter
from io import StringIO

import numpy as np

from edge.records.records import SaleRecord
from edge.reports.cashiers.cashiers import CashierLine, Verdict, compare
from edge.reports.cashiers.notes import notes
from edge.reports.cashiers.tables import cashiers_csv, cashiers_tables
from edge.reports.cashiers.tallies import CashierTally, tallies
from edge.reports.shares import Share
from edge.reports.tables import Table
from tests.edge.reports.conftest import check_of, sale_of


def week_of(cashier: str | None, checked: int, unchecked: int) -> list[SaleRecord]:
    """Completed sales with ID due: some with a check, some without."""
    done = [sale_of(cashier, check="passed") for _ in range(checked)]
    return done + [sale_of(cashier) for _ in range(unchecked)]


def compared(sales: list[SaleRecord]) -> list[CashierLine]:
    return compare(tallies(sales, "store-1"))


def verdicts(sales: list[SaleRecord]) -> dict[str, Verdict | None]:
    return {line.cashier.cashier: line.verdict for line in compared(sales)}


def test_a_cashier_is_compared_with_all_others_without_herself() -> None:
    (anna, boris) = compared([*week_of("boris", 95, 5), *week_of("anna", 10, 30)])
    assert (anna.cashier.cashier, anna.cashier.unchecked, anna.others) == ("anna", Share(30, 40), Share(5, 100))
    assert (boris.cashier.cashier, boris.cashier.unchecked, boris.others) == ("boris", Share(5, 100), Share(30, 40))
    assert anna.verdict == "less often"
    assert boris.verdict == "more often"


def test_a_small_difference_is_no_clear_difference() -> None:
    found = verdicts([*week_of("anna", 90, 10), *week_of("boris", 94, 6)])
    assert found == dict.fromkeys(("anna", "boris"), "alike")


def test_thirty_sales_are_compared_and_twenty_nine_are_not() -> None:
    others = week_of("boris", 100, 0)
    assert verdicts(others + week_of("anna", 0, 29))["anna"] == "few sales"
    assert verdicts(others + week_of("anna", 0, 30))["anna"] == "less often"


def test_too_few_sales_of_others_are_not_compared_with() -> None:
    assert verdicts(week_of("anna", 10, 90))["anna"] == "few sales of others"
    assert verdicts(week_of("anna", 10, 90) + week_of("boris", 29, 0))["anna"] == "few sales of others"


def test_sales_without_a_cashier_are_last_and_not_compared() -> None:
    lines = compared([*week_of(None, 0, 100), *week_of("zoe", 100, 0)])
    assert [line.cashier.cashier for line in lines] == ["zoe", "-"]
    assert lines[1].verdict == "no cashier"


def tables(sales: list[SaleRecord]) -> dict[str, Table]:
    """By title."""
    return {table.title: table for table in cashiers_tables(compared(sales))}


def rows_of(sales: list[SaleRecord]) -> list[dict[str, str]]:
    """The CSV's rows by column."""
    return list(csv.DictReader(StringIO(cashiers_csv(compared(sales)))))


def test_the_last_row_of_the_table_is_the_total() -> None:
    table = tables([*week_of("anna", 38, 2), *week_of("boris", 0, 1), sale_of("boris", None, ended="not-asked")])[
        "Checks by cashier"
    ]
    assert table.columns == (
        "cashier", "sold", "ID due", "no check", "share without a check", "95 % interval", "the others", "not asked",
        "compared",
    )  # fmt: skip
    assert table.rows == (
        ("anna", "40", "40", "2", "5.0%", "1.4% – 16.5%", "-", "0", "too few sales of others to compare with"),
        ("boris", "2", "1", "1", "-", "-", "5.0%", "1", "too few sales to compare"),
        ("all", "42", "41", "3", "7.3%", "2.5% – 19.4%", "-", "1", ""),
    )  # fmt: skip


def test_without_a_completed_sale_there_is_no_share() -> None:
    sales = [sale_of(ended="cancelled")]
    assert tables(sales)["Checks by cashier"].rows[0][1:7] == ("0", "0", "0", "-", "-", "-")
    (row,) = rows_of(sales)
    assert [row[name] for name in ("unchecked_share", "share_low", "share_high", "others_share")] == [""] * 4


def test_a_table_shows_how_sales_ended_with_a_column_for_each_end_that_occurs() -> None:
    table = tables([sale_of(), sale_of(ended="withdrawn"), sale_of("boris", ended="suspended")])["How the sales ended"]
    assert table.columns == ("cashier", "sales", "completed", "withdrawn", "suspended")
    assert table.rows == (
        ("anna", "2", "1", "1", "0"), ("boris", "1", "0", "0", "1"), ("all", "3", "1", "1", "1"),
    )  # fmt: skip


def test_a_table_shows_who_made_the_checks_and_how_the_age_was_known() -> None:
    by_document, by_manager = check_of(means="document"), check_of(means="manager-override", authorised_by="olga")
    sales = [sale_of("boris", checks=(check_of("failed", "zoe"), by_document)), sale_of("boris", checks=(by_manager,))]
    found = tables(sales)
    checks = found["Checks, by who made them, and how the age was known"]
    assert checks.columns == ("cashier", "checks", "too young", "document", "manager override", "not reported")
    assert checks.rows == (
        ("anna", "2", "0", "1", "1", "0"), ("zoe", "1", "1", "0", "0", "1"), ("all", "3", "1", "1", "1", "1"),
    )  # fmt: skip
    assert found["Checks that a manager decided"].rows == (("anna", "olga", "1"),)
    assert [row[0] for row in found["Checks by cashier"].rows] == ["boris", "all"], "who only checks has sold nothing"


def test_without_checks_there_is_no_table_of_them() -> None:
    assert list(tables([sale_of()])) == ["Checks by cashier", "How the sales ended"]


def test_the_csv_has_a_row_for_each_cashier_with_shares_as_numbers() -> None:
    override = check_of(by="zoe", means="manager-override", authorised_by="olga")
    sales = [*week_of("anna", 38, 2), *week_of(None, 1, 0), sale_of("anna", ended="cancelled", checks=(override,))]
    anna, zoe, nobody = rows_of(sales)
    assert anna == {
        "store": "store-1", "cashier_id": "anna", "sales": "41", "completed": "40", "cancelled": "1", "withdrawn": "0",
        "not_asked": "0", "suspended": "0", "abandoned": "0", "completed_id_due": "40", "unchecked": "2",
        "unchecked_share": "0.05", "share_low": "0.013821", "share_high": "0.165039", "others_share": "0.0",
        "false_discovery_rate": "", "sold_after_failed_check": "0", "checked_after_payment": "0", "checks_made": "38",
        "checks_failed": "0", "seen_document": "0", "seen_digital_id": "0", "seen_known_customer": "0",
        "seen_manager_override": "0", "seen_obviously_of_age": "0", "seen_not_shown": "0", "seen_not_reported": "38",
        "overrides_authorised_by": "", "remark": "too few sales of others to compare with",
    }  # fmt: skip
    assert (zoe["sales"], zoe["checks_made"], zoe["seen_manager_override"]) == ("0", "1", "1")
    assert (zoe["overrides_authorised_by"], zoe["remark"]) == ("olga (1)", "closed no restricted sale")
    assert nobody["cashier_id"] == ""


def test_the_notes_mention_what_the_table_does_not_explain() -> None:
    assert len(notes(compared([sale_of()]))) == 3
    late = check_of(at=sale_of().opened_at.replace(minute=3))
    ended = [sale_of(ended="withdrawn"), sale_of(ended="suspended"), sale_of(ended="abandoned")]
    found = notes(compared([sale_of(check="failed"), sale_of(check="not-shown"), sale_of(checks=(late,)), *ended]))
    assert found[3] == "1 sale was checked only after the payment; that counts as checked."
    assert found[4] == "1 sale was withdrawn: nothing restricted was left, and no share counts it."
    assert found[5] == "1 sale was suspended and not resumed at the same lane; no share counts it."
    assert found[6] == "1 sale was abandoned: the end is unknown, and no share counts it."
    assert found[7].startswith("Checks: all that were reported, also several in a sale.")


def tally_of(cashier: str, unchecked: Share) -> CashierTally:
    """unchecked: of that many completed sales."""
    return CashierTally("store-1", cashier, Counter(completed=unchecked.trials), unchecked)


def crew(chance: np.random.Generator, unchecked: list[float], sales: int = 150) -> list[CashierTally]:
    """Cashiers with these expected shares of unchecked sales. sales: expected number for each."""
    found = []
    for number, share in enumerate(unchecked):
        due = int(chance.poisson(sales))
        found.append(tally_of(f"c-{number}", Share(int(chance.binomial(due, share)), due)))
    return found


def reported_as_different(cashiers: list[CashierTally]) -> set[str]:
    return {line.cashier.cashier for line in compare(cashiers) if line.verdict in ("less often", "more often")}


def test_among_sixty_equal_cashiers_hardly_any_is_reported_as_different() -> None:
    chance = np.random.default_rng(1)
    assert sum(bool(reported_as_different(crew(chance, [0.1] * 60))) for _ in range(100)) <= 5


def test_one_careless_cashier_among_sixty_is_found_with_few_false_findings() -> None:
    chance = np.random.default_rng(2)
    found = [reported_as_different(crew(chance, [0.3] + [0.1] * 59)) for _ in range(50)]
    assert sum("c-0" in names for names in found) >= 49
    assert np.mean([len(names - {"c-0"}) / max(len(names), 1) for names in found]) <= 0.05


def test_a_difference_that_is_clear_between_two_may_be_chance_among_sixty() -> None:
    anna, colleague = tally_of("anna", Share(15, 100)), tally_of("boris", Share(7 * 59, 100 * 59))
    many = [tally_of(f"c-{number}", Share(7, 100)) for number in range(59)]
    assert reported_as_different([anna, colleague]) == {"anna", "boris"}
    assert reported_as_different([anna, *many]) == set()


def test_cashiers_with_the_same_name_in_two_stores_are_separate() -> None:
    lines = compare(
        [*tallies(week_of("anna", 30, 10), "sea"), *tallies([*week_of("anna", 50, 0), *week_of(None, 1, 0)], "hill")]
    )
    table = cashiers_tables(lines)[0]
    assert table.keys == 2
    assert [row[:4] for row in table.rows] == [
        ("sea", "anna", "40", "40"), ("hill", "anna", "50", "50"), ("hill", "-", "1", "1"), ("-", "all", "91", "91"),
    ]  # fmt: skip
    assert [row["store"] for row in csv.DictReader(StringIO(cashiers_csv(lines)))] == ["sea", "hill", "hill"], (
        "the worst first"
    )
    assert "a difference of a whole store shows in each of its cashiers" in notes(lines)[3]
