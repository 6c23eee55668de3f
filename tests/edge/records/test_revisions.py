"""A sale that was recorded more than once has one valid record."""

from __future__ import annotations

from datetime import timedelta

from edge.records.records import SaleRecord
from edge.records.revisions import newest_revisions
from tests.edge.records.test_records import NOON, sale


def test_the_highest_revision_of_a_sale_takes_the_place_of_the_first_record() -> None:
    first, other = sale(), sale(sale_id="sale-2")
    second, third = (first.model_copy(update={"revision": number, "ended": "completed"}) for number in (1, 2))
    assert newest_revisions([first, other, third, second]) == [third, other]


def test_a_sale_that_was_given_up_and_resumed_under_another_name_is_one_sale() -> None:
    first, other = sale(ended="suspended"), sale(sale_id="sale-2")
    resumed = sale(
        sale_id="sale-3",
        till="till-2",
        resumed_from={"sale_id": "sale-1", "till": "till-1"},
        revision=1,
        ended="completed",
    )
    late = resumed.model_copy(update={"revision": 2})
    assert newest_revisions([first, other, resumed]) == [resumed, other]
    assert newest_revisions([first, other, resumed, late]) == [late, other]


def test_a_sale_that_came_from_another_lane_has_a_record_of_its_own() -> None:
    first = sale(ended="suspended")
    there = sale(lane="lane-2", resumed_from={"sale_id": "sale-1", "lane": "lane-1"})
    assert newest_revisions([first, there]) == [first, there]


def test_of_two_records_with_the_same_revision_the_last_is_valid() -> None:
    first, second = sale(), sale(ended="completed")
    assert newest_revisions([first, second]) == [second]


def test_a_sale_with_the_same_id_at_another_till_or_another_time_is_another_sale() -> None:
    sales: list[SaleRecord] = [
        sale(),
        sale(till="till-2"),
        sale(lane="lane-2"),
        sale(opened_at=NOON + timedelta(days=1)),
    ]
    assert newest_revisions(sales) == sales
