"""No error answer makes the reference till repeat itself, and none hides the question whether to ask for ID."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest

from edge.decision.policy import Decision
from edge.till.envelope import Event
from edge.till.messages import Ack, Error, ErrorCode, Hello, SaleOpened
from tests.edge.till.reference.harness import TillHarness

CODES = [*get_args(ErrorCode), "of-a-newer-agent"]
MOST_FOR_AN_ACTION = 3
"""A message, and at most once an opening and the same message again."""

ACTIONS: tuple[Callable[[TillHarness], None], ...] = (
    lambda till: till.check(sale="next", sale_id="s-1"),
    lambda till: till.open(training=True),
    lambda till: till.scan("milk"),
    lambda till: till.scan("beer"),
    lambda till: till.scan("vodka"),
    lambda till: till.remove("vodka"),
    lambda till: till.check("failed"),
    lambda till: till.suspend(),
    lambda till: till.open("s-2"),
    lambda till: till.close(),
    lambda till: till.resume("s-1"),
    lambda till: till.check("passed", means="document"),
    lambda till: till.close(),
    lambda till: till.check(sale="last"),
)


def error(code: str, text: str = "no", **ids: str | None) -> Error:
    return Error.model_construct(code=code, text=text, **ids)  # type: ignore[arg-type]


def answer_all(till: TillHarness, answer: Callable[[Event], Error], seconds: float = 8) -> None:
    """Answer each message of the till at once, also its acknowledgements, for some time. Fails when it never ends."""
    answered = 0
    end_s = till.now_s + seconds
    while till.now_s < end_s:
        for _ in range(20):
            for event in till.sent[answered:]:
                answered += 1
                till.receive(answer(event))
            if answered == len(till.sent):
                break
        assert answered == len(till.sent), "it answers errors without an end"
        till.wait(1, with_health=True)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("named", ["named", "with-alert", "unnamed"])
def test_an_agent_that_answers_everything_with_an_error_is_not_sent_it_forever(code: str, named: str) -> None:
    def answer(event: Event) -> Error:
        if named == "unnamed":
            return error(code, message_id=None, alert_id=None)
        alert_id = "a-1" if named == "with-alert" else None
        return error(code, message_id=event.id, sale_id=event.data.get("sale_id"), alert_id=alert_id)

    till = TillHarness()
    for action in ACTIONS:
        action(till)
        before = len(till.sent_types)
        answer_all(till, answer)
        assert len(till.sent_types) - before <= 3 * MOST_FOR_AN_ACTION, till.sent_types[before:]
        assert till.session.unanswered == 0
    quiet = len(till.sent_types)
    answer_all(till, answer, 60)
    assert len(till.sent_types) == quiet


@pytest.mark.parametrize("code", CODES)
def test_after_any_error_the_till_asks_for_id_by_itself(code: str, till: TillHarness) -> None:
    till.open()
    till.receive(error(code, message_id=till.sent[-1].id))
    till.scan("beer")
    till.receive(error(code, message_id=till.sent[-1].id))
    till.wait(1, with_health=True)
    assert till.shows == "ask"


def test_a_sale_that_is_over_is_not_opened_again(till: TillHarness) -> None:
    till.open()
    till.reject(till.sent[-1], "sale-over")
    till.scan("beer")
    till.reject(till.sent[-1], "no-such-sale")
    till.acknowledge_all()
    till.health("agent-2")
    till.acknowledge_all()
    assert len([data for data in till.messages if isinstance(data, SaleOpened)]) == 1
    assert [details["code"] for details in till.details("error")] == ["sale-over", "no-such-sale"]


def test_a_message_that_the_agent_cannot_even_name_is_given_up(till: TillHarness) -> None:
    """Such as a basket that is too large: those behind it must not wait forever."""
    till.open()
    till.acknowledge_all()
    till.close()
    till.open("s-2")
    for _ in range(3):
        assert till.sent_types[-1] == "lane.sale.closed"
        till.receive(error("too-large"))
        till.wait(5, with_health=True)
    assert till.sent_types[-1] == "lane.sale.opened"


def test_an_error_about_an_earlier_message_does_not_give_up_the_next_one(till: TillHarness) -> None:
    till.open()
    for number in range(5):
        till.receive(error("malformed"))
        till.acknowledge_all()
        till.scan("beer" if number % 2 else "vodka")
    till.acknowledge_all()
    assert till.sent_types.count("lane.sale.restricted_item") == 5


def test_an_error_about_an_alert_is_acknowledged_with_any_code(till: TillHarness) -> None:
    till.receive(error("of-a-newer-agent", alert_id="a-1", sale_id="s-1"), id="m-1")
    assert till.sent[-1].content() == Ack(message_id="m-1", alert_id="a-1")


def test_an_alert_with_a_reason_of_a_newer_agent_is_shown(till: TillHarness) -> None:
    till.open()
    till.scan()
    event = till.event(till.alert(Decision.CHALLENGE))
    newer = event.model_copy(update={"data": {**event.data, "reasons": ["looks-young", "of-a-newer-agent"]}})
    till.record(till.session.receive(newer, till.now_s))
    assert till.shows == "alert"
    assert till.sent[-1].data["alert_id"] == event.data["alert_id"]


def test_hello_is_sent_again_after_an_error_only_when_the_agent_was_silent(till: TillHarness) -> None:
    till.wait(3)
    till.reject(till.sent[-1], "not-allowed")
    till.wait(20, with_health=True)
    assert [data for data in till.messages if isinstance(data, Hello)] == [Hello(till="till-1")]
