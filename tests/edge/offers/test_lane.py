"""A lane with offers: at most one offer for a sale, at once or not at all, and alerts first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.offers.results import result_of
from edge.till.messages import (
    Ack,
    IdChecked,
    OfferReply,
    RestrictedItem,
    SaleBasket,
    SaleClosed,
    SaleOpened,
)
from tests.edge.driver import LaneDriver
from tests.edge.offers.conftest import book_of, line_of
from tests.edge.people import Person

Make = Callable[..., Any]

SCAN = RestrictedItem(sale_id="sale-1", sku="beer")
BEER = line_of("beer", restricted=True)


def basket(*categories: str, sale_id: str = "sale-1") -> SaleBasket:
    return SaleBasket(sale_id=sale_id, basket=tuple(map(line_of, categories)))


@pytest.fixture
def counter(drive: Make, book: Make) -> Any:
    """A lane with offers, with sale-1 open and nobody there."""
    return opened(drive(mode="on-sale", book=book()))


def opened(lane: Any) -> Any:
    lane.show()
    lane.receive(SaleOpened(sale_id="sale-1"))
    return lane


def close(lane: Any, *categories: str, **closed: Any) -> Any:
    lane.receive(SaleClosed(sale_id="sale-1", basket=tuple(map(line_of, categories)), **closed))
    return lane.closed[-1]


def test_the_basket_line_that_completes_a_rule_leads_to_an_offer_at_once(counter: Any) -> None:
    counter.show(Person(age=50), frames=5)
    assert isinstance(counter.receive(basket("dairy")), Ack)
    assert counter.offers == []
    counter.receive(basket("dairy", "crackers"))
    [offer] = counter.offers
    assert (offer.sale_id, offer.lane, offer.category, offer.sku) == ("sale-1", "lane-1", "cheese", None)
    assert (offer.text.ru, offer.text.en) == ("Предложите: cheese.", "Offer: cheese.")


def test_an_offer_contains_nothing_about_the_customer(counter: Any) -> None:
    counter.show(Person(age=50), frames=5)
    counter.receive(basket("crackers"))
    assert set(counter.offers[0].model_dump()) == {
        "offer_id", "sale_id", "lane", "category", "sku", "text", "issued_at"
    }  # fmt: skip


def test_each_sale_gets_at_most_one_offer(counter: Any) -> None:
    counter.show(Person(age=50), frames=5)
    for categories in (("crackers",), ("crackers", "dairy"), ("crackers",)):
        counter.receive(basket(*categories))
        counter.show(Person(age=50), frames=5)
    assert len(counter.offers) == 1
    close(counter)
    counter.receive(SaleOpened(sale_id="sale-2"))
    counter.show(Person(age=50), frames=5)
    counter.receive(basket("crackers", sale_id="sale-2"))
    assert [offer.sale_id for offer in counter.offers] == ["sale-1", "sale-2"]


def test_nothing_is_offered_while_the_customer_is_in_doubt(counter: Any) -> None:
    counter.receive(basket("crackers"))
    counter.show(Person(1, age=50, x=0.3), Person(2, age=50, x=0.7, eyes_px=38), frames=5)
    counter.receive(basket("crackers", "dairy"))
    counter.show(frames=40)
    counter.receive(basket("crackers", "fruit"))
    assert counter.offers == []


def test_no_offer_is_made_later_than_200_ms_after_the_basket_line(counter: Any) -> None:
    counter.receive(basket("crackers"))
    counter.show(Person(age=50), frames=20)
    assert counter.offers == [], "the age was known only 0.3 s after the basket line"
    counter.receive(basket("crackers"))
    assert counter.offers == [], "the basket has not changed"
    counter.receive(basket("crackers", "dairy"))
    assert len(counter.offers) == 1


def test_an_offer_can_be_made_shortly_after_the_basket_line(counter: Any) -> None:
    counter.show(Person(age=50), frames=2)
    counter.receive(basket("crackers"))
    counter.show(Person(age=50), frames=1)
    assert len(counter.offers) == 1


def test_nothing_is_offered_while_an_answer_is_owed_or_asks_for_id(counter: Any) -> None:
    counter.receive(SCAN)
    counter.show(Person(age=20), frames=10)
    counter.receive(SaleBasket(sale_id="sale-1", basket=(BEER, line_of("crackers"))))
    assert (counter.decisions, counter.offers) == (["CHALLENGE"], [])


@pytest.mark.parametrize(("outcome", "made"), [("passed", 1), ("failed", 0), ("not-shown", 0)])
def test_after_a_check_only_a_customer_who_passed_gets_an_offer(outcome: Any, made: int, counter: Any) -> None:
    counter.show(Person(age=24.5), frames=5)
    counter.receive(SCAN)
    counter.receive(IdChecked(sale_id="sale-1", outcome=outcome))
    counter.receive(SaleBasket(sale_id="sale-1", basket=(BEER, line_of("crackers"))))
    assert (counter.decisions, len(counter.offers)) == (["CHALLENGE"], made)


def test_an_alert_is_sent_before_an_offer_of_the_same_frame(counter: Any) -> None:
    counter.receive(SCAN)
    counter.receive(SaleBasket(sale_id="sale-1", basket=(BEER, line_of("crackers"))))
    counter.show(Person(age=50), frames=2)
    assert (counter.alerts, counter.offers) == ([], [])
    counter.receive(SaleBasket(sale_id="sale-1", basket=(BEER, line_of("crackers"), line_of("dairy"))))
    counter.show(Person(age=50), frames=1)
    kinds = [data.type for data in counter.sent if data.type in ("lane.alert", "lane.offer")]
    assert kinds == ["lane.alert", "lane.offer"]


def test_a_customer_who_is_or_may_be_a_minor_gets_no_offer(counter: Any) -> None:
    for number, age in enumerate((13, 17, 18, 20)):
        counter.receive(SaleOpened(sale_id=f"sale-{number + 2}"))
        counter.show(Person(track=number + 2, age=age), frames=30)
        counter.receive(basket("crackers", sale_id=f"sale-{number + 2}"))
    assert counter.offers == []


def test_goods_once_marked_as_restricted_are_never_offered(counter: Any) -> None:
    counter.show(Person(age=50), frames=5)
    counter.receive(SaleBasket(sale_id="sale-1", basket=(line_of("cheese", quantity=-1, restricted=True),)))
    close(counter)
    counter.receive(SaleOpened(sale_id="sale-2"))
    counter.show(Person(age=50), frames=5)
    counter.receive(basket("crackers", sale_id="sale-2"))
    assert counter.offers == []
    assert counter.lane.restricted == {"cheese", "one-cheese"}


def test_a_sale_resumed_after_a_restart_gets_no_offer(drive: Make, book: Make, sale: LaneDriver) -> None:
    again = drive(mode="on-sale", book=book())
    again.lane.resume(sale.lane.open_record, (), 0.0)
    again.show(Person(age=50), frames=10)
    again.receive(basket("crackers"))
    assert again.offers == []


def test_a_held_out_offer_is_not_sent_but_has_a_result(drive: Make, book: Make) -> None:
    lane = drive(mode="on-sale", book=book(held_out=0.9))
    outcomes = []
    for number in range(40):
        lane.receive(SaleOpened(sale_id=f"{number}"))
        lane.show(Person(age=50), frames=4)
        lane.receive(basket("crackers", sale_id=f"{number}"))
        lane.receive(SaleClosed(sale_id=f"{number}", basket=(line_of("crackers"), line_of("cheese"))))
        outcomes.append(lane.closed[-1].offer.outcome)
    assert len(lane.offers) == outcomes.count("unanswered") == 40 - outcomes.count("held-out") > 0
    assert {sale.offer.bought for sale in lane.closed} == {True}


def test_the_row_of_an_offer_names_no_sale_till_or_person(counter: Any) -> None:
    counter.show(Person(age=50), frames=5)
    counter.receive(basket("crackers"))
    reply = OfferReply(offer_id=counter.offers[0].offer_id, outcome="taken")
    closed = close(counter, "crackers", "cheese", offer=reply, cashier_id="anna")
    row = result_of(closed.record, closed.offer, "store-1")
    assert row
    assert row.model_dump(mode="json") == {
        "time": "2000-01-01T00:00:00.000Z", "store": "store-1", "lane": "lane-1", "sheet": "1999-12-31T00:00:00.000Z",
        "rule": closed.offer.offered.rule.name, "band": "45-59", "category": "cheese", "sku": None, "outcome": "taken",
        "bought": True,
    }  # fmt: skip


def test_without_a_final_basket_the_last_basket_counts_as_sold(counter: Any) -> None:
    counter.show(Person(age=50), frames=5)
    counter.receive(basket("crackers"))
    counter.receive(basket("crackers", "cheese"))
    assert close(counter).offer.bought is True


def test_a_cancelled_sale_without_a_basket_has_no_offer_row(counter: Any) -> None:
    counter.show(Person(age=50), frames=5)
    counter.receive(basket("crackers"))
    closed = close(counter, completed=False)
    assert (closed.offer.outcome, closed.offer.bought, result_of(closed.record, closed.offer, "x")) == (
        "unanswered",
        None,
        None,
    )


steps = st.lists(
    st.one_of(
        st.tuples(st.just("show"), st.sampled_from([13, 20, 30, 50, None]), st.integers(1, 8)),
        st.tuples(st.just("basket"), st.lists(st.sampled_from(["crackers", "dairy", "cheese", "beer"]), max_size=4)),
        st.tuples(st.just("scan")),
        st.tuples(st.just("check"), st.sampled_from(["passed", "failed"])),
        st.tuples(st.just("wait"), st.sampled_from([0.1, 0.3, 1.5])),
        st.tuples(st.just("next")),
    ),
    max_size=25,
)


@given(steps)
def test_a_sale_gets_at_most_one_offer_and_none_while_id_must_be_checked(drive: Make, steps: list[Any]) -> None:
    lane = drive(mode="on-sale", book=book_of())
    number, asks, check = 0, False, None
    for step, *values in [("next",), *steps]:
        already_sent = len(lane.sent)
        if step == "show":
            age, frames = values
            lane.show(*([Person(age=age)] if age else []), frames=frames)
        elif step == "wait":
            lane.wait(values[0])
        elif step == "next":
            number, asks, check = number + 1, False, None
            lane.receive(SaleOpened(sale_id=f"{number}"))
        elif step == "scan":
            lane.receive(RestrictedItem(sale_id=f"{number}"))
        elif step == "check":
            check = values[0]
            lane.receive(IdChecked(sale_id=f"{number}", outcome=check))
        else:
            lane.receive(basket(*values[0], sale_id=f"{number}"))
        for data in lane.sent[already_sent:]:
            asks = data.decision.value != "NO_CHALLENGE" if data.type == "lane.alert" else asks
            assert data.type != "lane.offer" or not (asks and check != "passed")
    every = [data.sale_id for data in lane.offers]
    assert len(every) == len(set(every))
