"""How a sale is recorded: what was voided, what was really sold, and that nobody is accused who did nothing wrong."""

from __future__ import annotations

import pytest

from edge.lane.known_sales import SALE_SILENT_S
from edge.till.messages import (
    Ack,
    AgeRestrictedItem,
    AlertWithdrawn,
    BasketLine,
    IdChecked,
    ItemRemoved,
    RestrictedItem,
    SaleBasket,
    SaleClosed,
    SaleOpened,
)
from tests.edge.driver import LaneDriver, drive
from tests.edge.people import Person

OPEN, SCAN = SaleOpened(sale_id="sale-1"), RestrictedItem(sale_id="sale-1", sku="beer")
BEER, MILK = BasketLine(sku="beer", restricted=True), BasketLine(sku="milk")


@pytest.fixture
def sale() -> LaneDriver:
    """A sale is open, and a customer of 20 stands in the zone."""
    lane = drive(mode="on-sale")
    lane.receive(OPEN)
    lane.show(Person(age=20), frames=10)
    return lane


def closed_as(lane: LaneDriver, *basket: BasketLine, completed: bool = True) -> str | None:
    lane.receive(SaleClosed(sale_id="sale-1", completed=completed, basket=basket))
    return lane.records[-1].ended


def test_a_voided_beer_takes_its_prompt_back_and_accuses_nobody(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.receive(ItemRemoved(sale_id="sale-1", sku="beer", remaining=()))
    [withdrawn] = [message for message in sale.sent if isinstance(message, AlertWithdrawn)]
    assert (withdrawn.sale_id, withdrawn.till, withdrawn.lane) == ("sale-1", "till-1", "lane-1")
    sale.show(Person(age=20), frames=20)
    assert sale.decisions == ["CHALLENGE"]
    assert closed_as(sale, MILK) == "withdrawn"
    assert sale.records[0].withdrawn_at
    assert sale.records[0].restricted_at


def test_after_a_failed_check_milk_may_be_paid(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.receive(IdChecked(sale_id="sale-1", outcome="failed", cashier_id="anna"))
    assert closed_as(sale, MILK) == "withdrawn"


@pytest.mark.parametrize(
    ("basket", "completed", "ended"),
    [
        ((BEER, MILK), True, "completed"),
        ((MILK,), True, "withdrawn"),
        ((BEER, BEER.model_copy(update={"quantity": -1})), True, "withdrawn"),
        ((BasketLine(sku="beer"),), True, "completed"),
        ((), True, "completed"),
        ((), False, "cancelled"),
        ((MILK,), False, "cancelled"),
    ],
)
def test_the_last_basket_says_what_was_sold(
    basket: tuple[BasketLine, ...], completed: bool, ended: str, sale: LaneDriver
) -> None:
    sale.receive(SCAN)
    assert closed_as(sale, *basket, completed=completed) == ended


def test_without_a_basket_the_removed_items_say_that_nothing_was_sold(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.receive(SaleBasket(sale_id="sale-1", basket=(BEER,)))
    sale.receive(ItemRemoved(sale_id="sale-1"))
    assert closed_as(sale) == "withdrawn"


def test_a_basket_that_was_sent_before_the_close_counts_without_another_one(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.receive(SaleBasket(sale_id="sale-1", basket=(MILK,)))
    assert closed_as(sale) == "withdrawn"


def test_one_of_two_beers_removed_leaves_the_prompt(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.receive(SCAN)
    sale.receive(ItemRemoved(sale_id="sale-1", sku="beer"))
    assert not any(isinstance(message, AlertWithdrawn) for message in sale.sent)
    assert len(sale.open_record.restricted) == 1


def test_what_remains_counts_more_than_what_was_counted(sale: LaneDriver) -> None:
    for _ in range(3):
        sale.receive(SCAN)
    sale.receive(ItemRemoved(sale_id="sale-1", remaining=(AgeRestrictedItem(sku="beer"),)))
    assert sale.open_record.restricted == (AgeRestrictedItem(sku="beer", minimum_age=18),)


def test_removing_something_that_was_never_restricted_changes_nothing(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    assert isinstance(sale.receive(ItemRemoved(sale_id="sale-1", sku="milk")), Ack)
    assert len(sale.open_record.restricted) == 1


def test_a_beer_scanned_again_is_asked_about_again(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.receive(ItemRemoved(sale_id="sale-1", sku="beer"))
    sale.show(Person(age=60), frames=10)
    sale.receive(SCAN)
    assert sale.decisions == ["CHALLENGE", "CHALLENGE"]
    assert closed_as(sale, BEER) == "completed"


def test_restricted_goods_that_were_never_reported_leave_a_record(sale: LaneDriver) -> None:
    assert closed_as(sale, BEER, MILK) == "not-asked"
    assert sale.records[0].alerts == ()


def test_a_sale_that_was_never_opened_leaves_a_record_if_restricted_goods_were_sold(sale: LaneDriver) -> None:
    sale.receive(SaleClosed(sale_id="sale-9", cashier_id="anna", basket=(BEER,)), till="till-2")
    sale.receive(SaleClosed(sale_id="sale-8", basket=(MILK,)), till="till-2")
    assert [(record.sale_id, record.till, record.ended) for record in sale.records] == [
        ("sale-9", "till-2", "not-asked")
    ]


def test_a_close_that_is_repeated_leaves_one_record(sale: LaneDriver) -> None:
    for _ in range(3):
        sale.receive(SaleClosed(sale_id="sale-1", basket=(BEER,)))
    assert len(sale.records) == 1


def test_a_close_that_is_repeated_after_a_night_accuses_nobody(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.receive(SaleClosed(sale_id="sale-1", basket=(BEER,)))
    sale.now_s += 24 * 3600
    assert isinstance(sale.receive(SaleClosed(sale_id="sale-1", basket=(BEER,))), Ack)
    assert len(sale.records) == 1


def test_a_close_that_comes_after_an_hour_of_silence_still_counts(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.now_s += SALE_SILENT_S
    sale.wait(1)
    sale.receive(SaleClosed(sale_id="sale-1", cashier_id="anna", basket=(BEER,)))
    assert [(record.ended, record.revision) for record in sale.records] == [("abandoned", 0), ("completed", 1)]
    assert sale.records[0].key == sale.records[1].key
    assert sale.records[1].closed_by == "anna"


def test_the_cashier_who_checks_and_the_one_who_closes_are_two_people(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.receive(IdChecked(sale_id="sale-1", outcome="passed", cashier_id="anna", means="digital-id"))
    sale.receive(SaleClosed(sale_id="sale-1", cashier_id="boris", basket=(BEER,)))
    [record] = sale.records
    [check] = record.checks
    assert (check.cashier_id, check.means, record.closed_by, record.cashier_id) == (
        "anna",
        "digital-id",
        "boris",
        "boris",
    )
