"""Alerts at the reference till: saved, shown for their own sale until they expire, acknowledged, and handled once."""

from __future__ import annotations

import pytest

from edge.decision.policy import Decision
from edge.till.messages import Ack, Error
from edge.till.reference.steps import Notify, Save, Send
from tests.edge.till.reference.harness import TillHarness

ASKING = [Decision.CHALLENGE, Decision.UNKNOWN]


def test_an_alert_is_saved_then_shown_and_only_then_acknowledged(till: TillHarness) -> None:
    till.open()
    till.scan()
    alert = till.alert()
    steps = till.receive(alert, id="m-1")
    kinds = [step.event if isinstance(step, Notify) else type(step) for step in steps]
    assert kinds[:5] == [Save, "alert", "shown", "screen", Send]
    assert isinstance(steps[4], Send)
    assert steps[4].event.content() == Ack(message_id="m-1", alert_id=alert.alert_id)


def test_a_duplicate_alert_is_acknowledged_and_not_shown(till: TillHarness) -> None:
    till.open()
    till.scan()
    alert = till.alert()
    for message_id in ("m-1", "m-1", "m-2"):
        till.receive(alert, id=message_id)
    assert till.events.count("shown") == 1
    sent = [event.content() for event in till.sent]
    assert [ack.message_id for ack in sent if isinstance(ack, Ack)] == ["m-1", "m-1", "m-2"]


@pytest.mark.parametrize("decision", Decision)
def test_an_alert_of_another_sale_is_acknowledged_and_not_shown(decision: Decision, till: TillHarness) -> None:
    till.open()
    till.scan()
    till.receive(till.alert(decision, "s-0"))
    [hidden] = till.details("not-shown")
    assert hidden["why"] == "other-sale"
    assert till.shows == "waiting"
    assert till.sent[-1].type == "lane.ack"


def test_an_alert_of_a_closed_sale_is_not_shown(till: TillHarness) -> None:
    till.open()
    till.scan()
    alert = till.alert()
    till.close()
    till.receive(alert)
    assert (till.details("not-shown")[0]["why"], till.shows) == ("other-sale", "nothing")


@pytest.mark.parametrize("decision", Decision)
def test_an_expired_alert_is_not_shown_and_the_till_asks_for_id(decision: Decision, till: TillHarness) -> None:
    till.open()
    till.scan()
    alert = till.alert(decision)
    till.wait(30, with_health=True)
    till.receive(alert)
    assert (till.details("not-shown")[0]["why"], till.shows) == ("expired", "ask")


@pytest.mark.parametrize("decision", ASKING)
def test_after_an_alert_to_ask_has_expired_the_till_still_asks(decision: Decision, till: TillHarness) -> None:
    till.open()
    till.scan()
    till.receive(till.alert(decision))
    till.wait(29.9, with_health=True)
    assert till.shows == "alert"
    till.wait(0.1, with_health=True)
    assert till.shows == "ask"


def test_a_no_challenge_is_removed_from_the_screen_when_it_expires(till: TillHarness) -> None:
    till.open()
    till.scan()
    till.receive(till.alert(Decision.NO_CHALLENGE))
    till.wait(30, with_health=True)
    assert till.shows == "nothing"


def test_a_newer_alert_replaces_an_older_one_but_not_the_reverse(till: TillHarness) -> None:
    till.open()
    till.scan()
    older = till.alert(Decision.NO_CHALLENGE)
    till.wait(0.1)
    newer = till.alert(Decision.CHALLENGE)
    till.receive(newer)
    till.receive(older)
    assert till.session.screen.alert == newer
    assert till.details("not-shown")[0]["why"] == "newer-one-known"


def test_a_resent_older_alert_is_not_shown_again(till: TillHarness) -> None:
    till.open()
    till.scan()
    first = till.alert(Decision.NO_CHALLENGE)
    till.receive(first)
    till.wait(0.1)
    second = till.alert(Decision.CHALLENGE)
    till.receive(second)
    till.receive(first)
    assert till.session.screen.alert == second


def test_after_the_id_check_no_alert_is_shown(till: TillHarness) -> None:
    till.open()
    till.scan()
    till.check("passed")
    till.receive(till.alert())
    assert (till.details("not-shown")[0]["why"], till.shows) == ("checked", "nothing")


def test_an_expired_error_is_acknowledged_each_time_and_reported_once(till: TillHarness) -> None:
    error = Error(code="expired", text="too late", alert_id="a-1", sale_id="s-1")
    for message_id in ("m-1", "m-2"):
        till.receive(error, id=message_id)
    assert till.events.count("expired") == 1
    assert [event.content() for event in till.sent] == [
        Ack(message_id="m-1", alert_id="a-1"),
        Ack(message_id="m-2", alert_id="a-1"),
    ]


def test_an_alert_with_a_reason_of_a_newer_agent_is_shown(till: TillHarness) -> None:
    till.open()
    till.scan()
    till.receive(till.alert().model_copy(update={"reasons": ("looks-young", "fog")}))
    assert till.shows == "alert"
    assert "not-understood" not in till.events


def test_an_error_with_a_code_of_a_newer_agent_ends_the_message(till: TillHarness) -> None:
    till.open()
    till.receive(Error(code="teapot", text="short and stout", message_id=till.sent[-1].id))
    assert till.details("error") == [{"code": "teapot", "text": "short and stout"}]
