"""Somebody with the customer: a sale asks while somebody else in the zone looks young, or cannot be estimated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decision.policy import Reason
from edge.till.messages import RestrictedItem, SaleClosed, SaleOpened
from tests.edge.driver import LaneDriver, drive
from tests.edge.people import Person

OPEN, SCAN, CLOSE = SaleOpened(sale_id="sale-1"), RestrictedItem(sale_id="sale-1"), SaleClosed(sale_id="sale-1")
BUYER = Person(track=1, x=0.3, age=50, eyes_px=60)
MINOR = Person(track=2, x=0.6, age=15, eyes_px=42)
"""Half a step behind the buyer."""


def answers(lane: LaneDriver) -> list[tuple[str, Reason | str]]:
    return [(alert.decision.value, alert.reasons[0]) for alert in lane.alerts]


def test_a_minor_half_a_step_behind_the_buyer_ends_in_asking(sale: LaneDriver) -> None:
    sale.show(BUYER, MINOR, frames=10)
    sale.receive(SCAN)
    sale.show(BUYER, MINOR, frames=10)
    assert answers(sale) == [("UNKNOWN", Reason.YOUNG_COMPANION)]
    assert sale.alerts[0].text.en == "Ask for ID: someone nearby looks under 25."
    assert sale.alerts[0].text.ru == "Проверьте документы: рядом кто-то выглядит моложе 25."


def test_a_minor_who_joins_the_buyer_later_ends_in_asking(sale: LaneDriver) -> None:
    sale.show(BUYER, frames=10)
    sale.receive(SCAN)
    sale.show(BUYER, MINOR, frames=5)
    assert answers(sale) == [("NO_CHALLENGE", Reason.LOOKS_OLDER), ("UNKNOWN", Reason.YOUNG_COMPANION)]


def test_when_the_minor_has_left_the_buyer_alone_counts(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.show(BUYER, MINOR, frames=10)
    sale.show(BUYER, frames=25)
    assert answers(sale) == [("UNKNOWN", Reason.YOUNG_COMPANION), ("NO_CHALLENGE", Reason.LOOKS_OLDER)]


def test_a_young_customer_is_asked_for_their_own_age(sale: LaneDriver) -> None:
    sale.show(Person(track=1, x=0.3, age=20, eyes_px=60), MINOR, frames=10)
    sale.receive(SCAN)
    assert answers(sale) == [("CHALLENGE", Reason.LOOKS_YOUNG)]


def test_the_purchase_of_a_customer_with_a_young_companion_has_the_customers_age(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.show(BUYER, MINOR, frames=10)
    sale.receive(CLOSE)
    [closed] = sale.closed
    assert closed.age
    assert closed.age.estimate(18).mean == pytest.approx(50, abs=0.01)
    [alert] = sale.alerts
    assert alert.age
    assert (alert.decision.value, alert.age.mean) == ("UNKNOWN", 50)


def test_a_shop_that_does_not_ask_for_companions_goes_by_the_customer() -> None:
    lane = drive(mode="on-sale", policy={"ask_for_companions": False})
    lane.receive(OPEN)
    lane.show(BUYER, MINOR, frames=10)
    lane.receive(SCAN)
    assert answers(lane) == [("NO_CHALLENGE", Reason.LOOKS_OLDER)]


@given(
    minor=st.builds(
        Person,
        track=st.just(2),
        x=st.floats(0.16, 0.84),
        age=st.floats(8, 24),
        eyes_px=st.floats(6, 120),
        quality=st.floats(0.05, 1),
    ),
    together=st.integers(3, 20),
    before=st.integers(0, 10),
)
def test_whoever_looks_young_wherever_they_stand_nobody_passes(minor: Person, together: int, before: int) -> None:
    """before: frames in which the buyer is alone. The lane is given ages: whether a face is good enough for one is the
    quality gate's decision."""
    lane = drive(mode="on-sale")
    lane.receive(OPEN)
    lane.show(BUYER, frames=before)
    lane.show(BUYER, minor, frames=together)
    lane.receive(SCAN)
    lane.show(BUYER, minor, frames=15)
    assert "NO_CHALLENGE" not in lane.decisions
    assert lane.alerts
