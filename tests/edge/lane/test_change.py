"""Other settings for a lane that runs: what they change, and what they leave alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from edge.lane.rules import LaneRules
from edge.settings.config import Settings
from edge.till.messages import Hello, RestrictedItem, SaleClosed, SaleOpened

Drive = Callable[..., Any]
HELLO, OPEN, SCAN = Hello(till="till-1"), SaleOpened(sale_id="sale-1"), RestrictedItem(sale_id="sale-1")


def changed(lane: Any, **settings: Any) -> None:
    lane.lane.change(LaneRules(Settings(**settings), 30, "new-model"))


def test_the_next_decision_follows_the_new_threshold_and_names_the_new_model(drive: Drive, someone: Any) -> None:
    lane = drive(mode="on-sale")
    changed(lane, mode="on-sale")
    lane.receive(OPEN)
    lane.show(someone(age=27), frames=10)
    lane.receive(SCAN)
    assert lane.decisions == ["CHALLENGE"]
    assert (lane.alerts[0].threshold, lane.alerts[0].model) == (30, "new-model")


def test_the_record_of_a_sale_names_the_settings_it_was_judged_by(drive: Drive) -> None:
    lane = drive(mode="on-sale")
    lane.receive(OPEN)
    before = lane.lane.open_record
    lane.receive(SaleClosed(sale_id="sale-1"))
    changed(lane, mode="on-sale", quality={"min_sharpness": 99})
    lane.receive(SaleOpened(sale_id="sale-2"))
    assert lane.lane.open_record.config != before.config
    assert lane.lane.open_record.model == "new-model"


def test_a_new_zone_decides_who_the_customer_is(drive: Drive, someone: Any) -> None:
    lane = drive(mode="on-sale")
    changed(lane, mode="on-sale", zone=((0, 0), (0.2, 0), (0.2, 1), (0, 1)))
    lane.receive(OPEN)
    lane.show(someone(1, age=50, x=0.5), someone(2, age=15, x=0.1), frames=10)
    lane.receive(SCAN)
    assert lane.decisions == ["CHALLENGE"]


@pytest.mark.parametrize(("mode", "analysing"), [("auto", False), ("on-sale", False), ("continuous", True)])
def test_a_till_that_was_there_before_counts_in_the_new_mode(mode: str, analysing: bool, drive: Drive) -> None:
    lane = drive(mode="continuous")
    lane.receive(HELLO)
    changed(lane, mode=mode)
    assert lane.lane.analysing is analysing


def test_whoever_stands_there_without_a_till_is_judged_anew(drive: Drive, someone: Any) -> None:
    lane = drive(mode="continuous")
    lane.show(someone(age=27), frames=10)
    changed(lane, mode="continuous")
    lane.show(someone(age=27), frames=10)
    assert lane.decisions == ["NO_CHALLENGE", "CHALLENGE"]
