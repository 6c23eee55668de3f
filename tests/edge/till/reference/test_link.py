"""How the reference till keeps in touch: repeats, silence, and an agent that was started anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from edge.decision.policy import Decision
from edge.till.messages import Ack, Hello
from edge.till.reference.unanswered import MOST

Counter = Any


def test_what_is_not_answered_is_repeated_with_the_same_id_after_1_2_4_and_then_every_5_seconds(
    counter: Counter,
) -> None:
    counter.open()
    at_s = []
    for _ in range(400):
        before = len(counter.sent)
        counter.wait(0.05, with_health=True)
        at_s += [counter.now_s] * (len([event for event in counter.sent[before:] if event.type != Ack.type]))
    assert at_s == pytest.approx([1, 3, 7, 12, 17], abs=0.2)
    assert len({event.id for event in counter.sent if event.type == "lane.sale.opened"}) == 1


def test_one_message_is_under_way_at_a_time_so_that_they_arrive_in_order(counter: Counter) -> None:
    counter.open()
    counter.scan()
    counter.check()
    assert counter.said == ["lane.sale.opened"]
    counter.hear(Ack(message_id=counter.sent[-1].id))
    assert counter.said == ["lane.sale.opened", "lane.sale.restricted_item"]


def test_an_answer_that_comes_twice_or_to_nothing_changes_nothing(counter: Counter) -> None:
    counter.open()
    message_id = counter.sent[-1].id
    for answered in (message_id, message_id, "never-sent"):
        counter.hear(Ack(message_id=answered))
    assert counter.said == ["lane.sale.opened"]


def test_every_sign_of_life_is_acknowledged(counter: Counter) -> None:
    steps = counter.health()
    assert steps[0].event.content().message_id
    assert counter.said == []


def test_after_three_seconds_of_silence_everyone_is_asked_until_the_agent_is_heard(counter: Counter) -> None:
    counter.wait(2.9)
    assert counter.shows == "nothing"
    counter.wait(0.1)
    assert (counter.shows, counter.told) == ("ask-everyone", ["agent-silent", "screen"])
    counter.health()
    assert (counter.shows, counter.told[2:]) == ("nothing", ["agent-back", "screen"])


def test_silence_takes_back_what_the_agent_said_in_favour_of_the_customer(counter: Counter) -> None:
    counter.open()
    counter.scan()
    counter.hear(counter.alert(Decision.NO_CHALLENGE))
    counter.wait(3)
    assert counter.shows == "ask-everyone"
    counter.health()
    assert counter.shows == "alert"


def test_a_silent_agent_is_greeted_again_for_it_may_have_been_started_anew(counter: Counter) -> None:
    counter.wait(3)
    assert counter.said == ["lane.hello"]
    counter.wait(3.2)
    assert counter.said == ["lane.hello"] * 3, "repeated after 1 s and 2 s more"


def test_a_new_agent_is_greeted_and_told_of_the_running_sale_and_what_it_owes(counter: Counter) -> None:
    counter.open()
    counter.scan()
    counter.answer()
    counter.forget()
    counter.health("agent-2")
    counter.answer()
    assert counter.said == ["lane.hello", "lane.sale.opened", "lane.sale.restricted_item"]
    assert {event.data.get("sale_id", "s-1") for event in counter.sent if event.type != Ack.type} == {"s-1"}


def test_a_new_agent_is_not_asked_what_has_been_answered(counter: Counter) -> None:
    counter.open()
    counter.scan()
    counter.answer()
    counter.hear(counter.alert())
    counter.forget()
    counter.health("agent-2")
    counter.answer()
    assert counter.said == ["lane.hello", "lane.sale.opened"]


def test_a_new_agent_hears_of_a_closed_sale_what_the_old_one_did_not_answer(counter: Counter) -> None:
    counter.open()
    counter.scan()
    counter.answer()
    counter.check()
    counter.close()
    counter.forget()
    counter.health("agent-2")
    counter.answer()
    assert counter.said == ["lane.hello", "lane.sale.opened", "lane.id.checked", "lane.sale.closed"]


def test_an_agent_that_has_met_the_till_is_not_greeted_again(counter: Counter) -> None:
    counter.open()
    counter.answer()
    counter.forget()
    counter.health()
    assert counter.said == []


def test_a_sale_that_the_agent_has_lost_is_opened_again_and_the_message_told_again_under_a_new_id(
    counter: Counter,
) -> None:
    counter.open()
    counter.answer()
    counter.scan()
    lost = counter.sent[-1]
    counter.refuse(lost)
    counter.answer()
    assert counter.said[2:] == ["lane.sale.opened", "lane.sale.restricted_item", "lane.sale.basket"]
    assert counter.sent[-1].id != lost.id


def test_a_message_that_is_refused_again_is_given_up(counter: Counter) -> None:
    counter.open()
    counter.answer()
    counter.check()
    counter.refuse(counter.sent[-1])
    counter.hear(Ack(message_id=counter.sent[-1].id))
    counter.refuse(counter.sent[-1])
    assert counter.session.unanswered == 0


@pytest.mark.parametrize("code", ["malformed", "unknown-type", "not-for-agent", "wrong-mode", "no-such-sale"])
def test_a_message_that_cannot_be_used_is_told_of_and_not_repeated(code: str, counter: Counter) -> None:
    counter.open()
    counter.refuse(counter.sent[-1], code)
    counter.wait(10, with_health=True)
    assert counter.said == ["lane.sale.opened"]
    assert counter.details("error")[0]["code"] == code


@pytest.mark.parametrize("late_s", [-3, 3])
def test_while_the_clocks_differ_nobody_is_passed_on_the_agents_word(late_s: float, counter: Counter) -> None:
    counter.open()
    counter.scan()
    counter.health(late_s=late_s)
    assert counter.details("clocks") == [{"agree": False, "till_ahead_s": late_s}]
    counter.hear(counter.alert(Decision.NO_CHALLENGE))
    counter.wait(1)
    assert (counter.details("not-shown")[0]["why"], counter.shows) == ("clocks-differ", "ask")
    counter.hear(counter.alert(Decision.CHALLENGE))
    assert counter.shows == "alert"


def test_what_keeps_the_agent_from_knowing_is_told_when_it_changes(counter: Counter) -> None:
    for problems in (("no picture",), ("no picture",), ()):
        counter.health(problems=problems)
    assert [one["status"] for one in counter.details("health")] == ["degraded", "ok"]


def test_a_message_of_a_kind_that_this_till_does_not_know_is_a_sign_of_life_and_no_more(counter: Counter) -> None:
    from edge.till.envelope import Event

    offer = Event(id="1", source="/x", type="lane.offer", time=counter.identity.wall_time(0), data={})
    counter.wait(3)
    counter.take(counter.session.hear(offer, counter.now_s))
    assert counter.told[-3:] == ["agent-back", "not-understood", "screen"]


def test_a_till_that_is_cut_off_for_hours_keeps_the_newest_that_it_has_to_say(counter: Counter) -> None:
    for number in range(MOST):
        counter.open(f"s-{number}")
        counter.close()
    assert counter.session.unanswered == MOST
    counter.answer()
    assert counter.sent[-1].data["sale_id"] == f"s-{MOST - 1}"


def test_a_till_greets_with_its_own_name(new_counter: Callable[..., Counter]) -> None:
    assert new_counter().sent[0].content() == Hello(till="till-1")
