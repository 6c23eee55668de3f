"""The reference till after a power cut: its journal gives back its sale, what it had to say and what it was told."""

from __future__ import annotations

from typing import Any

import pytest

from edge.decision.policy import Decision

Counter = Any


def test_a_till_without_power_goes_on_with_its_sale_and_with_what_it_had_to_say(counter: Counter) -> None:
    counter.open()
    counter.scan("milk")
    counter.scan("beer")
    again = counter.restart()
    assert again.session.sale.sale_id == "s-1"
    assert [line.sku for line in again.session.sale.basket] == ["milk", "beer"]
    again.answer()
    assert again.said == ["lane.hello", "lane.sale.opened", "lane.sale.restricted_item"]
    assert [event.id for event in again.sent[1:]] == [entry.sent.id for entry in counter.journal if entry.sent]


def test_a_till_without_power_shows_again_what_was_on_its_screen_and_does_not_take_it_twice(counter: Counter) -> None:
    counter.open()
    counter.scan()
    alert = counter.alert()
    counter.hear(alert)
    again = counter.restart(after_s=10)
    assert again.details("shown")[0]["again"] is True
    assert again.shows == "alert"
    again.hear(alert)
    assert (again.told.count("shown"), again.told.count("repeated")) == (1, 1)


@pytest.mark.parametrize("decision", Decision)
def test_a_till_that_was_without_power_for_too_long_asks_by_itself(decision: Decision, counter: Counter) -> None:
    counter.open()
    counter.scan()
    counter.hear(counter.alert(decision))
    again = counter.restart(after_s=40)
    again.wait(1)
    assert ("shown" in again.told, again.shows) == (False, "ask")


def test_a_till_that_was_without_power_knows_what_was_answered_and_what_was_checked(counter: Counter) -> None:
    counter.open()
    counter.scan()
    counter.answer()
    counter.check("failed")
    counter.answer()
    again = counter.restart()
    again.answer()
    assert again.said == ["lane.hello", "lane.sale.opened"]
    assert again.shows == "do-not-sell"
    assert again.session.deeds == 3
