"""What a recorded sale says about those who sold and those who checked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edge.decision.policy import Decision
from edge.records.records import Ended
from edge.reports.compliance import (
    checks_made,
    how_seen,
    is_checked_after_payment,
    is_id_due,
    is_sold_after_failed_check,
    is_unchecked,
    time_of_check,
)
from edge.till.messages import SaleReference
from tests.edge.purchases.conftest import NOON
from tests.edge.reports.conftest import check_of, sale_of

ENDS: list[Ended] = ["cancelled", "withdrawn", "suspended", "abandoned"]


def test_a_completed_sale_without_a_check_is_unchecked_when_id_was_due() -> None:
    assert is_unchecked(sale_of())
    assert is_unchecked(sale_of(decision=Decision.UNKNOWN))
    assert is_unchecked(sale_of(decision=None)), "no answer means: ask"
    assert not is_unchecked(sale_of(decision=Decision.NO_CHALLENGE))
    assert not is_unchecked(sale_of(check="failed"))


@pytest.mark.parametrize("ended", ENDS)
def test_where_nothing_restricted_was_sold_nobody_is_blamed(ended: Ended) -> None:
    for sale in (sale_of(ended=ended), sale_of(check="failed", ended=ended), sale_of(check="not-shown", ended=ended)):
        assert not is_id_due(sale)
        assert not is_unchecked(sale)
        assert not is_sold_after_failed_check(sale)


def test_a_sale_that_the_till_never_reported_is_not_unchecked_but_may_be_sold_after_a_failed_check() -> None:
    assert not is_unchecked(sale_of(decision=None, ended="not-asked"))
    assert is_sold_after_failed_check(sale_of(decision=None, check="failed", ended="not-asked"))


@pytest.mark.parametrize(("outcome", "after_failed"), [("passed", False), ("failed", True), ("not-shown", True)])
def test_the_last_check_decides_whether_a_check_failed(outcome: str, after_failed: bool) -> None:
    first = check_of("failed" if outcome == "passed" else "passed")
    sale = sale_of(checks=(first, check_of(outcome)))  # type: ignore[arg-type]
    assert is_sold_after_failed_check(sale) is after_failed


def test_a_check_for_a_lower_age_is_no_check_of_the_strictest_item() -> None:
    spirits = sale_of(restricted=({"minimum_age": 18}, {"minimum_age": 21}), checks=(check_of(minimum_age=18),))
    assert is_unchecked(spirits)
    assert len(checks_made(spirits)) == 1, "it was made all the same"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-1, "before the sale"), (0, "before the first scan"), (9, "before the first scan"), (10, "during the sale"),
        (60, "during the sale"), (61, "after payment"),
    ],
)  # fmt: skip
def test_a_check_has_a_time_relative_to_its_sale(seconds: int, expected: str) -> None:
    check = check_of(at=NOON + timedelta(seconds=seconds))
    sale = sale_of(checks=(check,))
    assert time_of_check(sale, check) == expected
    assert is_checked_after_payment(sale) is (expected == "after payment")


def test_after_a_cancelled_sale_there_was_no_payment() -> None:
    check = check_of(at=NOON + timedelta(seconds=61))
    assert time_of_check(sale_of(ended="cancelled", checks=(check,)), check) == "after the end"
    assert time_of_check(sale_of(ended="withdrawn", checks=(check,)), check) == "after payment"


def test_a_check_that_came_with_a_sale_from_another_lane_was_made_there() -> None:
    carried, own = check_of(at=NOON, carried=True), check_of("failed", at=NOON)
    origin = SaleReference(sale_id="sale-a", lane="lane-2")
    assert checks_made(sale_of(checks=(carried, own), resumed_from=origin)) == [own]
    assert checks_made(sale_of(checks=(own,), resumed_from=origin)) == [own]


@pytest.mark.parametrize(
    ("outcome", "means", "seen"),
    [
        ("passed", "digital-id", "digital-id"), ("failed", "document", "document"), ("passed", None, "not-reported"),
        ("not-shown", None, "not-shown"), ("not-shown", "document", "not-shown"),
    ],
)  # fmt: skip
def test_a_check_in_which_nothing_was_shown_has_no_means(outcome: str, means: str | None, seen: str) -> None:
    assert how_seen(outcome, means) == seen
