"""The reference till after a power cut: its state file restores the sale, the unanswered messages and the alerts."""

from __future__ import annotations

import pytest

from edge.decision.policy import Decision
from tests.edge.till.reference.harness import TillHarness


def test_after_a_power_cut_the_till_continues_its_sale_and_sends_its_messages(till: TillHarness) -> None:
    till.open()
    till.scan("milk")
    till.scan("beer")
    again = till.restart()
    assert again.sale.sale_id == "s-1"
    assert [line.sku for line in again.sale.basket] == ["milk", "beer"]
    again.acknowledge_all()
    assert again.sent_types == ["lane.hello", "lane.sale.opened", "lane.sale.restricted_item"]
    assert [event.id for event in again.sent[1:]] == [entry.sent.id for entry in till.saved if entry.sent]


def test_after_a_power_cut_a_scan_without_an_alert_is_sent_again_with_its_id(till: TillHarness) -> None:
    till.open()
    till.scan()
    till.acknowledge_all()
    again = till.restart()
    again.acknowledge_all()
    assert again.sent_types == ["lane.hello", "lane.sale.opened", "lane.sale.restricted_item"]
    assert again.sent[-1] in till.sent


def test_after_a_power_cut_the_alert_is_shown_again_and_its_duplicate_only_acknowledged(till: TillHarness) -> None:
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
def test_after_a_long_power_cut_the_till_asks_for_id(decision: Decision, till: TillHarness) -> None:
    till.open()
    till.scan()
    till.receive(till.alert(decision))
    again = till.restart(after_s=40)
    again.wait(1)
    assert ("shown" in again.events, again.shows) == (False, "ask")


def test_after_a_power_cut_the_till_knows_its_answered_messages_and_the_id_check(till: TillHarness) -> None:
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
