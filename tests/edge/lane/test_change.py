"""New rules for a running lane: what they change, and what they do not."""

from __future__ import annotations

import pytest

from edge.decision.policy import Limit
from edge.lane.rules import LaneRules
from edge.till.messages import Hello, RestrictedItem, SaleClosed, SaleOpened
from tests.edge.driver import LaneDriver, drive
from tests.edge.people import Person, settings_with

HELLO, OPEN, SCAN = Hello(till="till-1"), SaleOpened(sale_id="sale-1"), RestrictedItem(sale_id="sale-1")


def change(lane: LaneDriver, **settings: object) -> None:
    lane.lane.change(LaneRules(settings_with(**settings), {18: Limit(18, 0.05, 30, min_mean_age=30)}, "new-model"))


def test_the_next_decision_uses_the_new_challenge_age_and_names_the_new_model() -> None:
    lane = drive(mode="on-sale")
    change(lane, mode="on-sale")
    lane.receive(OPEN)
    lane.show(Person(age=27), frames=10)
    lane.receive(SCAN)
    assert lane.decisions == ["CHALLENGE"]
    assert (lane.alerts[0].threshold, lane.alerts[0].model) == (30, "new-model")


def test_the_record_of_a_sale_has_the_hash_of_its_settings() -> None:
    lane = drive(mode="on-sale")
    lane.receive(OPEN)
    before = lane.open_record
    lane.receive(SaleClosed(sale_id="sale-1"))
    change(lane, mode="on-sale", quality={"min_sharpness": 99})
    lane.receive(SaleOpened(sale_id="sale-2"))
    assert lane.open_record.config != before.config
    assert lane.open_record.model == "new-model"


def test_a_new_zone_changes_who_the_customer_is() -> None:
    lane = drive(mode="on-sale")
    change(lane, mode="on-sale", zone=((0, 0), (0.2, 0), (0.2, 1), (0, 1)))
    lane.receive(OPEN)
    lane.show(Person(1, age=50, x=0.5), Person(2, age=15, x=0.1), frames=10)
    lane.receive(SCAN)
    assert lane.decisions == ["CHALLENGE"]


@pytest.mark.parametrize(("mode", "analysing"), [("auto", False), ("on-sale", False), ("continuous", True)])
def test_a_till_that_connected_before_counts_in_the_new_mode(mode: str, analysing: bool) -> None:
    lane = drive(mode="continuous")
    lane.receive(HELLO)
    change(lane, mode=mode)
    assert lane.lane.analysing is analysing


def test_without_a_till_a_customer_who_stays_gets_a_new_decision() -> None:
    lane = drive(mode="continuous")
    lane.show(Person(age=27), frames=10)
    change(lane, mode="continuous")
    lane.show(Person(age=27), frames=10)
    assert lane.decisions == ["NO_CHALLENGE", "CHALLENGE"]
