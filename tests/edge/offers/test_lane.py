"""A lane with offers: at most one offer for a sale, at once or not at all, and alerts first."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decision.policy import Decision
from edge.lane.outcomes import Closed
from edge.offers.book import ResolvedOffer
from edge.offers.results import result_of
from edge.till.messages import (
    Ack,
    Alert,
    CheckOutcome,
    IdChecked,
    Offer,
    OfferReply,
    RestrictedItem,
    SaleBasket,
    SaleClosed,
    SaleOpened,
)
from tests.edge.driver import LaneDriver, drive
from tests.edge.offers.conftest import book_of, line_of
from tests.edge.people import Person

SCAN = RestrictedItem(sale_id="sale-1", sku="beer")
BEER = line_of("beer", restricted=True)


def basket(*categories: str, sale_id: str = "sale-1") -> SaleBasket:
    return SaleBasket(sale_id=sale_id, basket=tuple(map(line_of, categories)))


@pytest.fixture
def counter() -> LaneDriver:
    """A lane with offers, with sale-1 open and nobody there."""
    lane = drive(mode="on-sale", book=book_of())
    lane.show()
    lane.receive(SaleOpened(sale_id="sale-1"))
    return lane


def close(
    lane: LaneDriver, *categories: str, completed: bool = True, offer: OfferReply | None = None,
    cashier_id: str | None = None,
) -> Closed:  # fmt: skip
    basket = tuple(map(line_of, categories))
    lane.receive(SaleClosed(sale_id="sale-1", basket=basket, completed=completed, offer=offer, cashier_id=cashier_id))
    return lane.closed[-1]


def offer_of(closed: Closed) -> ResolvedOffer:
    assert closed.offer
    return closed.offer


def test_the_basket_line_that_completes_a_rule_leads_to_an_offer_at_once(counter: LaneDriver) -> None:
    counter.show(Person(age=50), frames=5)
    assert isinstance(counter.receive(basket("dairy")), Ack)
    assert counter.offers == []
    counter.receive(basket("dairy", "crackers"))
    [offer] = counter.offers
    assert (offer.sale_id, offer.lane, offer.category, offer.sku) == ("sale-1", "lane-1", "cheese", None)
    assert (offer.text.ru, offer.text.en) == ("Предложите: cheese.", "Offer: cheese.")


def test_an_offer_contains_nothing_about_the_customer(counter: LaneDriver) -> None:
    counter.show(Person(age=50), frames=5)
    counter.receive(basket("crackers"))
    assert set(counter.offers[0].model_dump()) == {
        "offer_id", "sale_id", "lane", "category", "sku", "text", "issued_at"
    }  # fmt: skip


def test_each_sale_gets_at_most_one_offer(counter: LaneDriver) -> None:
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


def test_nothing_is_offered_while_the_customer_is_in_doubt(counter: LaneDriver) -> None:
    counter.receive(basket("crackers"))
    counter.show(Person(1, age=50, x=0.3), Person(2, age=50, x=0.7, eyes_px=38), frames=5)
    counter.receive(basket("crackers", "dairy"))
    counter.show(Person(1, age=50, x=0.3, eyes_px=60), Person(2, age=15, x=0.7, eyes_px=40), frames=5)
    counter.receive(basket("crackers", "dairy", "fruit"))
    counter.show(frames=40)
    counter.receive(basket("crackers", "fruit"))
    assert counter.offers == []


def test_no_offer_is_made_later_than_200_ms_after_the_basket_line(counter: LaneDriver) -> None:
    counter.receive(basket("crackers"))
    counter.show(Person(age=50), frames=20)
    assert counter.offers == [], "the age was known only 0.3 s after the basket line"
    counter.receive(basket("crackers"))
    assert counter.offers == [], "the basket has not changed"
    counter.receive(basket("crackers", "dairy"))
    assert len(counter.offers) == 1


def test_an_offer_can_be_made_shortly_after_the_basket_line(counter: LaneDriver) -> None:
    counter.show(Person(age=50), frames=2)
    counter.receive(basket("crackers"))
    counter.show(Person(age=50), frames=1)
    assert len(counter.offers) == 1


def test_nothing_is_offered_while_an_answer_is_owed_or_asks_for_id(counter: LaneDriver) -> None:
    counter.receive(SCAN)
    counter.show(Person(age=20), frames=10)
    counter.receive(SaleBasket(sale_id="sale-1", basket=(BEER, line_of("crackers"))))
    assert (counter.decisions, counter.offers) == (["CHALLENGE"], [])


@pytest.mark.parametrize(("outcome", "made"), [("passed", 1), ("failed", 0), ("not-shown", 0)])
def test_after_a_check_only_a_customer_who_passed_gets_an_offer(
    outcome: CheckOutcome, made: int, counter: LaneDriver
) -> None:
    counter.show(Person(age=24.5), frames=5)
    counter.receive(SCAN)
    counter.receive(IdChecked(sale_id="sale-1", outcome=outcome))
    counter.receive(SaleBasket(sale_id="sale-1", basket=(BEER, line_of("crackers"))))
    assert (counter.decisions, len(counter.offers)) == (["CHALLENGE"], made)


def test_an_alert_is_sent_before_an_offer_of_the_same_frame(counter: LaneDriver) -> None:
    counter.receive(SCAN)
    counter.receive(SaleBasket(sale_id="sale-1", basket=(BEER, line_of("crackers"))))
    counter.show(Person(age=50), frames=2)
    assert (counter.alerts, counter.offers) == ([], [])
    counter.receive(SaleBasket(sale_id="sale-1", basket=(BEER, line_of("crackers"), line_of("dairy"))))
    counter.show(Person(age=50), frames=1)
    kinds = [data.type for data in counter.sent if data.type in ("lane.alert", "lane.offer")]
    assert kinds == ["lane.alert", "lane.offer"]


def test_a_customer_who_is_or_may_be_a_minor_gets_no_offer(counter: LaneDriver) -> None:
    for number, age in enumerate((13, 17, 18, 20)):
        counter.receive(SaleOpened(sale_id=f"sale-{number + 2}"))
        counter.show(Person(track=number + 2, age=age), frames=30)
        counter.receive(basket("crackers", sale_id=f"sale-{number + 2}"))
    assert counter.offers == []


def test_goods_once_marked_as_restricted_are_never_offered(counter: LaneDriver) -> None:
    counter.show(Person(age=50), frames=5)
    counter.receive(SaleBasket(sale_id="sale-1", basket=(line_of("cheese", quantity=-1, restricted=True),)))
    close(counter)
    counter.receive(SaleOpened(sale_id="sale-2"))
    counter.show(Person(age=50), frames=5)
    counter.receive(basket("crackers", sale_id="sale-2"))
    assert counter.offers == []
    assert counter.lane.restricted == {"cheese", "sku-cheese"}


def test_a_sale_resumed_after_a_restart_gets_no_offer(sale: LaneDriver) -> None:
    again = drive(mode="on-sale", book=book_of())
    again.lane.resume([sale.open_record], (), 0.0)
    again.show(Person(age=50), frames=10)
    again.receive(basket("crackers"))
    assert again.offers == []


def test_a_held_out_offer_is_not_sent_but_has_a_result() -> None:
    lane = drive(mode="on-sale", book=book_of(held_out=0.9))
    outcomes = []
    for number in range(40):
        lane.receive(SaleOpened(sale_id=f"{number}"))
        lane.show(Person(age=50), frames=4)
        lane.receive(basket("crackers", sale_id=f"{number}"))
        lane.receive(SaleClosed(sale_id=f"{number}", basket=(line_of("crackers"), line_of("cheese"))))
        outcomes.append(offer_of(lane.closed[-1]).outcome)
    assert len(lane.offers) == outcomes.count("unanswered") == 40 - outcomes.count("held-out") > 0
    assert {offer_of(closed).bought for closed in lane.closed} == {True}


def test_the_row_of_an_offer_names_no_sale_till_or_person(counter: LaneDriver) -> None:
    counter.show(Person(age=50), frames=5)
    counter.receive(basket("crackers"))
    reply = OfferReply(offer_id=counter.offers[0].offer_id, outcome="taken")
    closed = close(counter, "crackers", "cheese", offer=reply, cashier_id="anna")
    row = result_of(closed.record, offer_of(closed), "store-1")
    assert row
    assert row.model_dump(mode="json") == {
        "time": "2000-01-01T00:00:00.000Z", "store": "store-1", "lane": "lane-1", "sheet": "1999-12-31T00:00:00.000Z",
        "rule": offer_of(closed).offered.rule.name, "band": "45-59", "category": "cheese", "sku": None,
        "outcome": "taken", "bought": True,
    }  # fmt: skip


def test_without_a_final_basket_the_last_basket_counts_as_sold(counter: LaneDriver) -> None:
    counter.show(Person(age=50), frames=5)
    counter.receive(basket("crackers"))
    counter.receive(basket("crackers", "cheese"))
    assert offer_of(close(counter)).bought is True


def test_a_cancelled_sale_without_a_basket_has_no_offer_row(counter: LaneDriver) -> None:
    counter.show(Person(age=50), frames=5)
    counter.receive(basket("crackers"))
    closed = close(counter, completed=False)
    offer = offer_of(closed)
    assert (offer.outcome, offer.bought, result_of(closed.record, offer, "x")) == ("unanswered", None, None)


@dataclass(frozen=True)
class Show:
    """Somebody of an age, or nobody, is in view for some frames."""

    age: int | None
    frames: int


@dataclass(frozen=True)
class Scan:
    """A restricted item is scanned."""


@dataclass(frozen=True)
class Basket:
    """The till sends a basket of these categories."""

    categories: list[str]


@dataclass(frozen=True)
class Check:
    outcome: CheckOutcome


@dataclass(frozen=True)
class Wait:
    seconds: float


@dataclass(frozen=True)
class NextSale:
    """The next sale is opened."""


Step = Show | Scan | Basket | Check | Wait | NextSale
outcomes: list[CheckOutcome] = ["passed", "failed"]
steps = st.lists(
    st.one_of(
        st.builds(Show, st.sampled_from([13, 20, 30, 50, None]), st.integers(1, 8)),
        st.builds(Basket, st.lists(st.sampled_from(["crackers", "dairy", "cheese", "beer"]), max_size=4)),
        st.builds(Scan),
        st.builds(Check, st.sampled_from(outcomes)),
        st.builds(Wait, st.sampled_from([0.1, 0.3, 1.5])),
        st.builds(NextSale),
    ),
    max_size=25,
)


@given(steps)
def test_a_sale_gets_at_most_one_offer_and_none_while_id_must_be_checked(steps: list[Step]) -> None:
    lane = drive(mode="on-sale", book=book_of())
    number, asks, check = 0, False, None
    for step in [NextSale(), *steps]:
        already_sent = len(lane.sent)
        match step:
            case Show(age, frames):
                lane.show(*([Person(age=age)] if age else []), frames=frames)
            case Wait(seconds):
                lane.wait(seconds)
            case NextSale():
                number, asks, check = number + 1, False, None
                lane.receive(SaleOpened(sale_id=f"{number}"))
            case Scan():
                lane.receive(RestrictedItem(sale_id=f"{number}"))
            case Check(outcome):
                check = outcome
                lane.receive(IdChecked(sale_id=f"{number}", outcome=outcome))
            case Basket(categories):
                lane.receive(basket(*categories, sale_id=f"{number}"))
        for data in lane.sent[already_sent:]:
            asks = data.decision is not Decision.NO_CHALLENGE if isinstance(data, Alert) else asks
            assert not isinstance(data, Offer) or not (asks and check != "passed")
    every = [offer.sale_id for offer in lane.offers]
    assert len(every) == len(set(every))


def test_no_offer_is_made_while_the_clock_is_in_doubt(counter: LaneDriver) -> None:
    """An offer is valid until a date."""
    counter.lane.set_clock_believed(False)
    for _ in range(5):
        counter.show(Person(age=50))
    counter.receive(basket("crackers"))
    assert not counter.offers
    counter.lane.set_clock_believed(True)
    counter.receive(basket("crackers"))
    assert len(counter.offers) == 1
