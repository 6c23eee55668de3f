"""The reference till after a power cut: its journal gives back its sale, what it had to say and what it was told."""

from __future__ import annotations

from typing import Any

import pytest

from edge.decision.policy import Decision

TillHarness = Any


def test_a_till_without_power_goes_on_with_its_sale_and_with_what_it_had_to_say(till: TillHarness) -> None:
    till.open()
    till.scan("milk")
    till.scan("beer")
    again = till.restart()
    assert again.session.sale.sale_id == "s-1"
    assert [line.sku for line in again.session.sale.basket] == ["milk", "beer"]
    again.acknowledge_all()
    assert again.sent_types == ["lane.hello", "lane.sale.opened", "lane.sale.restricted_item"]
    assert [event.id for event in again.sent[1:]] == [entry.sent.id for entry in till.saved if entry.sent]


def test_a_till_without_power_shows_again_what_was_on_its_screen_and_does_not_take_it_twice(till: TillHarness) -> None:
    till.open()
    till.scan()
    alert = till.alert()
    till.receive(alert)
    again = till.restart(after_s=10)
    assert again.details("shown")[0]["again"] is True
    assert again.shows == "alert"
    again.receive(alert)
    assert (again.events.count("shown"), again.events.count("repeated")) == (1, 1)


@pytest.mark.parametrize("decision", Decision)
def test_a_till_that_was_without_power_for_too_long_asks_by_itself(decision: Decision, till: TillHarness) -> None:
    till.open()
    till.scan()
    till.receive(till.alert(decision))
    again = till.restart(after_s=40)
    again.wait(1)
    assert ("shown" in again.events, again.shows) == (False, "ask")


def test_a_till_that_was_without_power_knows_what_was_answered_and_what_was_checked(till: TillHarness) -> None:
    till.open()
    till.scan()
    till.acknowledge_all()
    till.check("failed")
    till.acknowledge_all()
    again = till.restart()
    again.acknowledge_all()
    assert again.sent_types == ["lane.hello", "lane.sale.opened"]
    assert again.shows == "do-not-sell"
    assert again.session.cashier_actions == 3
