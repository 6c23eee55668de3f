"""Sales are counted for who closed them, checks for who made them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decision.policy import Decision
from edge.records.records import CheckRecord, Ended, SaleRecord
from edge.reports.cashiers.tallies import CashierTally, tallies, total
from edge.reports.shares import Share
from edge.till.messages import CheckMeans, CheckOutcome
from tests.edge.purchases.conftest import NOON
from tests.edge.reports.conftest import check_of, sale_of

PEOPLE = ("anna", "boris", "zoe", None)
TILLS = ("till-1", "attendant-1")
AGES = (16, 18, 21)


def counted(*sales: SaleRecord) -> dict[str, CashierTally]:
    """The tallies by cashier."""
    return {tally.cashier: tally for tally in tallies(sales, "store-1")}


def test_sales_are_counted_by_check_and_end() -> None:
    anna = counted(
        sale_of(check="passed"),
        sale_of(check="failed", ended="cancelled"),
        sale_of(check="failed"),
        sale_of(decision=Decision.UNKNOWN),
        sale_of(decision=None),
        sale_of(ended="cancelled"),
        sale_of(ended="abandoned"),
        sale_of(decision=Decision.NO_CHALLENGE),
        sale_of(decision=Decision.NO_CHALLENGE, check="not-shown"),
        sale_of(decision=None, ended="not-asked"),
    )["anna"]
    assert (anna.sales, anna.sold, anna.not_asked) == (10, 7, 1)
    assert anna.ended == Counter({"completed": 6, "cancelled": 2, "abandoned": 1, "not-asked": 1})
    assert anna.unchecked == Share(2, 4)
    assert anna.after_failed_check == 2


def test_an_honest_cashier_who_takes_the_beer_out_is_not_blamed() -> None:
    anna = counted(sale_of(check="failed", ended="withdrawn"), sale_of(ended="withdrawn"))["anna"]
    assert (anna.sold, anna.unchecked, anna.after_failed_check) == (0, Share(0, 0), 0)
    assert anna.checks.failed == 1, "the check counts for her"


def test_who_checked_and_who_closed_may_be_two_people() -> None:
    found = counted(sale_of("boris", checks=(check_of("failed", "anna"),)))
    assert (found["boris"].after_failed_check, found["boris"].checks.made) == (1, 0)
    assert (found["anna"].sales, found["anna"].checks.made) == (0, 1)


def test_the_check_of_an_attendant_counts_for_the_sale_and_for_the_attendant() -> None:
    found = counted(sale_of(None, checks=(check_of(by="olga", till="attendant-1", means="document"),)))
    assert found["-"].unchecked == Share(0, 1)
    assert found["olga"].checks.seen == Counter({"document": 1})


def test_how_the_age_was_known_is_counted_for_who_checked() -> None:
    manager = check_of(means="manager-override", authorised_by="olga")
    nobody = check_of(means="manager-override")
    anna = counted(
        sale_of(checks=(check_of(means="document"), check_of(means="digital-id"), check_of("not-shown"))),
        sale_of(checks=(check_of("failed"), manager, manager, nobody)),
    )["anna"]
    assert anna.checks.seen == Counter(
        {"document": 1, "digital-id": 1, "not-shown": 1, "not-reported": 1, "manager-override": 3}
    )
    assert anna.checks.overrides == Counter({"olga": 2, "-": 1})
    assert (anna.checks.made, anna.checks.failed) == (7, 1)


def test_a_check_for_a_lower_age_leaves_the_sale_unchecked() -> None:
    beer, spirits = {"minimum_age": 18}, {"minimum_age": 21}
    anna = counted(sale_of(restricted=(beer, spirits), checks=(check_of(minimum_age=18),)))["anna"]
    assert (anna.unchecked, anna.checks.made) == (Share(1, 1), 1)


checks = st.builds(
    CheckRecord,
    outcome=st.sampled_from(get_args(CheckOutcome)),
    at=st.integers(-60, 120).map(lambda seconds: NOON + timedelta(seconds=seconds)),
    till=st.sampled_from(TILLS),
    cashier_id=st.sampled_from(PEOPLE),
    means=st.sampled_from((*get_args(CheckMeans), None)),
    authorised_by=st.sampled_from(PEOPLE),
    minimum_age=st.sampled_from((*AGES, None)),
)
sales = st.builds(
    sale_of,
    cashier=st.sampled_from(PEOPLE),
    decision=st.sampled_from((*Decision, None)),
    ended=st.sampled_from(get_args(Ended)),
    restricted=st.lists(st.builds(dict, minimum_age=st.sampled_from(AGES)), max_size=3),
    checks=st.lists(checks, max_size=3),
)


def with_checks_of(tally: CashierTally, records: list[SaleRecord]) -> int:
    """How many checks in these records a cashier has made."""
    return sum((check.cashier_id or "-") == tally.cashier for record in records for check in record.checks)


@given(st.lists(sales, max_size=8))
def test_nobody_is_credited_with_the_check_of_another(records: list[SaleRecord]) -> None:
    for tally in tallies(records, "store-1"):
        assert tally.checks.made == with_checks_of(tally, records)


@given(st.lists(sales, max_size=8))
def test_the_cashiers_together_have_all_sales_and_all_checks_once(records: list[SaleRecord]) -> None:
    everybody = total(tallies(records, "store-1"))
    assert everybody.ended == Counter(record.ended for record in records)
    assert everybody.checks.made == sum(len(record.checks) for record in records)
    assert everybody.checks.overrides.total() == everybody.checks.seen["manager-override"]
    merged = [
        *tallies(records[:3], "store-1"),
        *tallies(records[3:], "store-1"),
    ]
    assert total(merged) == everybody, "the same in several parts"


@given(st.lists(sales, max_size=8))
def test_a_share_has_only_sales_of_restricted_goods(records: list[SaleRecord]) -> None:
    sold = [record for record in records if record.ended == "completed"]
    for tally in tallies(records, "store-1"):
        assert tally.unchecked.hits <= tally.unchecked.trials <= tally.ended["completed"]
        assert tally.after_failed_check <= tally.sold
    assert total(tallies(records, "store-1")).unchecked == total(tallies(sold, "store-1")).unchecked


@pytest.mark.parametrize("ended", ["withdrawn", "suspended", "abandoned", "cancelled"])
@given(st.lists(sales, max_size=4))
def test_a_sale_in_which_nothing_was_sold_changes_no_finding(ended: Ended, records: list[SaleRecord]) -> None:
    before = total(tallies(records, "store-1"))
    unsold = [record.model_copy(update={"ended": ended, "sale_id": "more"}) for record in records]
    after = total(tallies([*records, *unsold], "store-1"))
    assert (after.unchecked, after.after_failed_check, after.sold, after.not_asked) == (
        before.unchecked, before.after_failed_check, before.sold, before.not_asked,
    )  # fmt: skip
