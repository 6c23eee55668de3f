"""Modes: a lane estimates ages during sales, always, or always until the first till connects."""

from __future__ import annotations

import pytest

from edge.till.messages import Hello, RestrictedItem, SaleClosed, SaleOpened
from tests.edge.driver import drive
from tests.edge.people import Person

HELLO, OPEN = Hello(till="till-1"), SaleOpened(sale_id="sale-1")
SCAN, CLOSE = RestrictedItem(sale_id="sale-1"), SaleClosed(sale_id="sale-1")


def test_on_sale_faces_are_analysed_only_while_a_sale_is_open() -> None:
    lane = drive(mode="on-sale")
    analysing = [lane.lane.analysing]
    for message in (HELLO, OPEN, SCAN, CLOSE):
        lane.receive(message)
        analysing.append(lane.lane.analysing)
    assert analysing == [False, False, True, True, False]


def test_on_sale_nothing_is_decided_between_sales() -> None:
    lane = drive(mode="on-sale")
    lane.show(Person(age=15), frames=50)
    assert lane.alerts == []
    assert {state.decision for state in lane.states} == {None}


@pytest.mark.parametrize("mode", ["continuous", "auto"])
def test_without_a_till_every_customer_gets_a_decision(mode: str) -> None:
    lane = drive(mode=mode)
    assert lane.lane.analysing
    lane.show(Person(1, age=50), frames=5)
    lane.show(frames=25)
    lane.show(Person(2, age=15), frames=5)
    assert lane.decisions == ["NO_CHALLENGE", "CHALLENGE"]
    assert lane.alerts[0].sale_id != lane.alerts[1].sale_id


@pytest.mark.parametrize("reason", ["small", "turned", "dark", "bright", "blurred"])
def test_without_a_till_a_customer_of_poor_quality_is_unknown_in_time(reason: str) -> None:
    lane = drive(mode="continuous")
    lane.show(Person(reasons=(reason,)), frames=15)
    assert lane.decisions == ["UNKNOWN"]
    assert [reason.value for reason in lane.alerts[0].reasons] == [reason]


def test_without_a_till_an_empty_lane_sends_no_alert() -> None:
    lane = drive(mode="continuous")
    lane.show(frames=30)
    lane.wait(5)
    assert lane.alerts == []


def test_auto_becomes_on_sale_at_the_first_hello() -> None:
    lane = drive(mode="auto")
    lane.show(Person(age=50), frames=5)
    lane.receive(HELLO)
    assert not lane.lane.analysing
    lane.show(Person(2, age=15, x=0.3), frames=50)
    assert lane.decisions == ["NO_CHALLENGE"]


def test_a_second_hello_does_not_change_the_open_sale() -> None:
    lane = drive(mode="auto")
    for message in (HELLO, OPEN, HELLO):
        lane.receive(message)
    lane.show(Person(age=50), frames=5)
    lane.receive(SCAN)
    assert [(alert.sale_id, alert.decision.value) for alert in lane.alerts] == [("sale-1", "NO_CHALLENGE")]


def test_continuous_stays_continuous_when_a_till_says_hello() -> None:
    lane = drive(mode="continuous")
    lane.receive(HELLO)
    assert lane.lane.analysing


def test_a_till_that_sent_no_hello_gets_its_answers() -> None:
    lane = drive(mode="auto")
    lane.receive(OPEN)
    lane.show(Person(age=50), frames=5)
    lane.receive(SCAN)
    lane.wait(0.9)
    assert "sale-1" in [alert.sale_id for alert in lane.alerts]
