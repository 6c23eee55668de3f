"""Alerts at the reference till: noted, shown to their own customer and in their time, acknowledged, and taken once."""

from __future__ import annotations

from typing import Any

import pytest

from edge.decision.policy import Decision
from edge.till.messages import Ack, Error
from edge.till.reference.steps import Keep, Send, Tell

Counter = Any
ASKING = [Decision.CHALLENGE, Decision.UNKNOWN]


def test_an_alert_is_written_down_then_shown_and_only_then_acknowledged(counter: Counter) -> None:
    counter.open()
    counter.scan()
    alert = counter.alert()
    steps = counter.hear(alert, id="m-1")
    kinds = [step.event if isinstance(step, Tell) else type(step) for step in steps]
    assert kinds[:4] == [Keep, "alert", "shown", Send]
    assert steps[3].event.content() == Ack(message_id="m-1", alert_id=alert.alert_id)


def test_an_alert_that_comes_again_is_acknowledged_again_and_not_shown_again(counter: Counter) -> None:
    counter.open()
    counter.scan()
    alert = counter.alert()
    for message_id in ("m-1", "m-1", "m-2"):
        counter.hear(alert, id=message_id)
    assert counter.told.count("shown") == 1
    receipts = [event.content() for event in counter.sent if event.type == "lane.ack"]
    assert [receipt.message_id for receipt in receipts] == ["m-1", "m-1", "m-2"]


@pytest.mark.parametrize("decision", Decision)
def test_an_alert_about_another_sale_is_acknowledged_and_not_shown(decision: Decision, counter: Counter) -> None:
    counter.open()
    counter.scan()
    counter.hear(counter.alert(decision, "s-0"))
    [hidden] = counter.details("not-shown")
    assert hidden["why"] == "other-sale"
    assert counter.shows == "waiting"
    assert counter.sent[-1].type == "lane.ack"


def test_an_alert_for_a_sale_that_has_been_closed_is_not_shown(counter: Counter) -> None:
    counter.open()
    counter.scan()
    alert = counter.alert()
    counter.close()
    counter.hear(alert)
    assert (counter.details("not-shown")[0]["why"], counter.shows) == ("other-sale", "nothing")


@pytest.mark.parametrize("decision", Decision)
def test_an_alert_whose_time_is_over_is_not_shown_and_the_till_asks_by_itself(
    decision: Decision, counter: Counter
) -> None:
    counter.open()
    counter.scan()
    alert = counter.alert(decision)
    counter.wait(30, with_health=True)
    counter.hear(alert)
    assert (counter.details("not-shown")[0]["why"], counter.shows) == ("expired", "ask")


@pytest.mark.parametrize("decision", ASKING)
def test_who_was_to_be_asked_still_is_when_the_time_of_the_alert_is_over(decision: Decision, counter: Counter) -> None:
    counter.open()
    counter.scan()
    counter.hear(counter.alert(decision))
    counter.wait(29.9, with_health=True)
    assert counter.shows == "alert"
    counter.wait(0.1, with_health=True)
    assert counter.shows == "ask"


def test_who_need_not_be_asked_is_not_told_so_for_longer_than_the_alert_is_good(counter: Counter) -> None:
    counter.open()
    counter.scan()
    counter.hear(counter.alert(Decision.NO_CHALLENGE))
    counter.wait(30, with_health=True)
    assert counter.shows == "nothing"


def test_a_later_alert_replaces_the_one_before_and_an_older_one_does_not(counter: Counter) -> None:
    counter.open()
    counter.scan()
    older = counter.alert(Decision.NO_CHALLENGE)
    counter.wait(0.1)
    newer = counter.alert(Decision.CHALLENGE)
    counter.hear(newer)
    counter.hear(older)
    assert counter.session.screen.alert == newer
    assert counter.details("not-shown")[0]["why"] == "newer-one-known"


def test_a_repeat_of_an_older_alert_does_not_come_back_to_the_screen(counter: Counter) -> None:
    counter.open()
    counter.scan()
    first = counter.alert(Decision.NO_CHALLENGE)
    counter.hear(first)
    counter.wait(0.1)
    second = counter.alert(Decision.CHALLENGE)
    counter.hear(second)
    counter.hear(first)
    assert counter.session.screen.alert == second


def test_once_id_was_checked_no_alert_disturbs(counter: Counter) -> None:
    counter.open()
    counter.scan()
    counter.check("passed")
    counter.hear(counter.alert())
    assert (counter.details("not-shown")[0]["why"], counter.shows) == ("checked", "nothing")


def test_news_of_an_alert_that_expired_is_acknowledged_each_time_and_told_once(counter: Counter) -> None:
    news = Error(code="expired", text="too late", alert_id="a-1", sale_id="s-1")
    for message_id in ("m-1", "m-2"):
        counter.hear(news, id=message_id)
    assert counter.told.count("expired") == 1
    assert [event.content() for event in counter.sent] == [
        Ack(message_id="m-1", alert_id="a-1"),
        Ack(message_id="m-2", alert_id="a-1"),
    ]
