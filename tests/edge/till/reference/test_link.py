"""The reference till's connection: resends, a silent agent, and an agent that was restarted."""

from __future__ import annotations

import pytest

from edge.decision.policy import Decision
from edge.till.envelope import Event
from edge.till.messages import Ack, ErrorCode, Hello
from edge.till.reference.pending import MAX_PENDING
from edge.till.reference.steps import Send
from tests.edge.till.reference.harness import TillHarness


def test_an_unanswered_message_is_resent_with_the_same_id_after_1_2_4_and_then_every_5_seconds(
    till: TillHarness,
) -> None:
    till.open()
    at_s = []
    for _ in range(400):
        before = len(till.sent)
        till.wait(0.05, with_health=True)
        at_s += [till.now_s] * (len([event for event in till.sent[before:] if event.type != Ack.type]))
    assert at_s == pytest.approx([1, 3, 7, 12, 17], abs=0.2)
    assert len({event.id for event in till.sent if event.type == "lane.sale.opened"}) == 1


def test_one_message_is_sent_at_a_time_so_that_they_arrive_in_order(till: TillHarness) -> None:
    till.open()
    till.scan()
    till.check()
    assert till.sent_types == ["lane.sale.opened"]
    till.receive(Ack(message_id=till.sent[-1].id))
    assert till.sent_types == ["lane.sale.opened", "lane.sale.restricted_item"]


def test_a_duplicate_or_unknown_ack_changes_nothing(till: TillHarness) -> None:
    till.open()
    message_id = till.sent[-1].id
    for answered in (message_id, message_id, "never-sent"):
        till.receive(Ack(message_id=answered))
    assert till.sent_types == ["lane.sale.opened"]


def test_every_heartbeat_is_acknowledged(till: TillHarness) -> None:
    steps = till.health()
    assert isinstance(steps[0], Send)
    ack = steps[0].event.content()
    assert isinstance(ack, Ack)
    assert ack.message_id
    assert till.sent_types == []


def test_after_three_seconds_of_silence_everyone_is_asked_until_the_agent_sends_again(till: TillHarness) -> None:
    till.wait(2.9)
    assert till.shows == "nothing"
    till.wait(0.1)
    assert (till.shows, till.events) == ("ask-everyone", ["agent-silent", "screen"])
    till.health()
    assert (till.shows, till.events[2:]) == ("nothing", ["agent-back", "screen"])


def test_a_silent_agents_no_challenge_is_not_shown(till: TillHarness) -> None:
    till.open()
    till.scan()
    till.receive(till.alert(Decision.NO_CHALLENGE))
    till.wait(3)
    assert till.shows == "ask-everyone"
    till.health()
    assert till.shows == "alert"


def test_a_silent_agent_is_greeted_again_because_it_may_have_been_restarted(till: TillHarness) -> None:
    till.wait(3)
    assert till.sent_types == ["lane.hello"]
    till.wait(3.2)
    assert till.sent_types == ["lane.hello"] * 3, "resent after 1 s and 2 s more"


def test_a_new_agent_gets_hello_and_the_open_sale_and_its_restricted_item(till: TillHarness) -> None:
    till.open()
    till.scan()
    till.acknowledge_all()
    till.clear()
    till.health("agent-2")
    till.acknowledge_all()
    assert till.sent_types == ["lane.hello", "lane.sale.opened", "lane.sale.restricted_item"]
    assert {event.data.get("sale_id", "s-1") for event in till.sent if event.type != Ack.type} == {"s-1"}


def test_the_first_heartbeat_queues_nothing_because_the_till_has_greeted_already() -> None:
    till = TillHarness()
    till.open()
    till.scan()
    till.acknowledge_all()
    assert till.sent_types == ["lane.hello", "lane.sale.opened", "lane.sale.restricted_item", "lane.sale.basket"]
    till.clear()
    till.health()
    till.wait(10, with_health=True)
    assert till.sent_types == []


def test_a_scan_keeps_its_id_when_a_new_agent_gets_it_again_so_that_it_counts_once(till: TillHarness) -> None:
    till.open()
    for item in ("energy-drink", "beer", "beer"):
        till.scan(item)
    till.acknowledge_all()
    scans = [event.id for event in till.sent if event.type == "lane.sale.restricted_item"]
    till.clear()
    for agent in ("agent-2", "agent-3"):
        till.health(agent)
        till.acknowledge_all()
    assert [event.id for event in till.sent if event.type == "lane.sale.restricted_item"] == [scans[-1]] * 2


def test_a_new_agent_is_not_sent_a_restricted_item_that_has_its_alert(till: TillHarness) -> None:
    till.open()
    till.scan()
    till.acknowledge_all()
    till.receive(till.alert())
    till.clear()
    till.health("agent-2")
    till.acknowledge_all()
    assert till.sent_types == ["lane.hello", "lane.sale.opened"]


def test_a_new_agent_gets_the_unanswered_messages_of_a_closed_sale(till: TillHarness) -> None:
    till.open()
    till.scan()
    till.acknowledge_all()
    till.check()
    till.close()
    till.clear()
    till.health("agent-2")
    till.acknowledge_all()
    assert till.sent_types == ["lane.hello", "lane.sale.opened", "lane.id.checked", "lane.sale.closed"]


def test_a_known_agent_is_not_greeted_again(till: TillHarness) -> None:
    till.open()
    till.acknowledge_all()
    till.clear()
    till.health()
    assert till.sent_types == []


def test_a_sale_unknown_to_the_agent_is_opened_again_and_the_message_is_sent_with_a_new_id(
    till: TillHarness,
) -> None:
    till.open()
    till.acknowledge_all()
    till.scan()
    lost = till.sent[-1]
    till.reject(lost)
    till.acknowledge_all()
    assert till.sent_types[2:] == ["lane.sale.opened", "lane.sale.restricted_item", "lane.sale.basket"]
    assert till.sent[-1].id != lost.id


def test_a_message_that_is_rejected_twice_is_dropped(till: TillHarness) -> None:
    till.open()
    till.acknowledge_all()
    till.check()
    till.reject(till.sent[-1])
    till.receive(Ack(message_id=till.sent[-1].id))
    till.reject(till.sent[-1])
    assert till.session.unanswered == 0


@pytest.mark.parametrize("code", ["malformed", "unknown-type", "not-for-agent", "wrong-mode", "no-such-sale"])
def test_a_rejected_message_is_reported_and_not_resent(code: ErrorCode, till: TillHarness) -> None:
    till.open()
    till.reject(till.sent[-1], code)
    till.wait(10, with_health=True)
    assert till.sent_types == ["lane.sale.opened"]
    assert till.details("error")[0]["code"] == code


@pytest.mark.parametrize("late_s", [-3, 3])
def test_while_the_clocks_differ_no_challenge_is_not_shown(late_s: float, till: TillHarness) -> None:
    till.open()
    till.scan()
    till.health(late_s=late_s)
    assert till.details("clocks") == [{"agree": False, "till_ahead_s": late_s}]
    till.receive(till.alert(Decision.NO_CHALLENGE))
    till.wait(1)
    assert (till.details("not-shown")[0]["why"], till.shows) == ("clocks-differ", "ask")
    till.receive(till.alert(Decision.CHALLENGE))
    assert till.shows == "alert"


def test_the_agents_problems_are_reported_when_they_change(till: TillHarness) -> None:
    for problems in (("no picture",), ("no picture",), ()):
        till.health(problems=problems)
    assert [health["status"] for health in till.details("health")] == ["degraded", "ok"]


def test_an_invalid_message_only_shows_that_the_agent_is_alive(till: TillHarness) -> None:
    offer = Event(id="1", source="/x", type="lane.offer", time=till.identity.wall_time(0), data={})
    till.wait(3)
    till.record(till.session.receive(offer, till.now_s))
    assert till.events[-3:] == ["agent-back", "not-understood", "screen"]


def test_a_till_that_is_offline_for_hours_keeps_its_newest_messages(till: TillHarness) -> None:
    for number in range(MAX_PENDING):
        till.open(f"s-{number}")
        till.close()
    assert till.session.unanswered == MAX_PENDING
    till.acknowledge_all()
    assert till.sent[-1].data["sale_id"] == f"s-{MAX_PENDING - 1}"


def test_hello_has_the_tills_name() -> None:
    assert TillHarness().sent[0].content() == Hello(till="till-1")
