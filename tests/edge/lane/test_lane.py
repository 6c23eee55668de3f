"""A lane: what it sends in a sale, also when cameras, customers or tills misbehave."""

from __future__ import annotations

import pytest

from edge.decision.policy import Decision, Reason
from edge.lane.outcomes import OutgoingMessage
from edge.till.messages import (
    Ack,
    Alert,
    Error,
    Hello,
    IdChecked,
    ItemRemoved,
    RestrictedItem,
    SaleClosed,
    SaleOpened,
    SaleSuspended,
)
from tests.edge.driver import LaneDriver, drive, make_lane
from tests.edge.people import Person

OPEN, SCAN, CLOSE = SaleOpened(sale_id="sale-1"), RestrictedItem(sale_id="sale-1"), SaleClosed(sale_id="sale-1")
NEXT, NEXT_SCAN = SaleOpened(sale_id="sale-2"), RestrictedItem(sale_id="sale-2")


def test_an_older_customer_is_answered_as_soon_as_alcohol_is_scanned(sale: LaneDriver) -> None:
    sale.show(Person(age=50), frames=10)
    assert sale.alerts == []
    sale.receive(SCAN)
    [alert] = sale.alerts
    assert (alert.decision, alert.reasons, alert.samples) == (Decision.NO_CHALLENGE, (Reason.LOOKS_OLDER,), 10)
    assert (alert.sale_id, alert.lane, alert.threshold, alert.model) == ("sale-1", "lane-1", 25, "0123456789ab")
    assert alert.age
    assert (alert.age.mean, alert.age.low, alert.age.high) == (50, 43, 57)
    assert alert.p_under_legal == 0
    assert (alert.expires_at - alert.issued_at).total_seconds() == 30
    assert alert.grab_to_alert_ms == 0


def test_a_challenge_of_a_young_customer_stands(sale: LaneDriver) -> None:
    sale.show(Person(age=20), frames=5)
    sale.receive(SCAN)
    sale.show(Person(age=90), frames=50)
    sale.show(frames=50)
    assert sale.decisions == ["CHALLENGE"]


def test_with_nobody_in_view_the_answer_is_unknown_in_time(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.show(frames=7)
    assert sale.alerts == []
    sale.show(frames=2)
    [alert] = sale.alerts
    assert (alert.decision, alert.reasons, alert.age, alert.samples) == ("UNKNOWN", (Reason.NO_FACE,), None, 0)


def test_after_the_camera_stops_the_answer_is_unknown_in_time(sale: LaneDriver) -> None:
    sale.show(Person(age=50), frames=2)
    sale.wait(0.9)
    sale.receive(SCAN)
    sale.wait(0.9)
    assert [(alert.decision, alert.reasons) for alert in sale.alerts] == [("UNKNOWN", (Reason.CAMERA_LOST,))]


def test_before_the_first_frame_the_answer_is_unknown_in_time() -> None:
    lane = drive(mode="on-sale")
    lane.receive(OPEN)
    lane.receive(SCAN)
    lane.wait(0.9)
    [alert] = lane.alerts
    assert (alert.decision, alert.reasons, alert.grab_to_alert_ms) == ("UNKNOWN", (Reason.CAMERA_LOST,), None)


def test_samples_do_not_count_once_the_camera_is_lost(sale: LaneDriver) -> None:
    sale.show(Person(age=50), frames=10)
    sale.wait(1.1)
    sale.receive(SCAN)
    sale.wait(0.9)
    assert sale.decisions == ["UNKNOWN"]


def test_two_people_of_about_equal_size_are_unknown(sale: LaneDriver) -> None:
    sale.show(Person(1, age=50, x=0.3), Person(2, age=15, x=0.7, eyes_px=38), frames=5)
    sale.receive(SCAN)
    sale.wait(0.3)
    sale.show(Person(1, age=50, x=0.3), Person(2, age=15, x=0.7, eyes_px=38), frames=6)
    assert [(alert.decision, alert.reasons) for alert in sale.alerts] == [("UNKNOWN", (Reason.TWO_PEOPLE,))]


def test_an_unknown_is_replaced_after_a_new_sample_and_the_alert_says_so(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.show(frames=9)
    sale.show(Person(age=50), frames=5)
    assert sale.decisions == ["UNKNOWN", "NO_CHALLENGE"]
    assert sale.alerts[1].reasons == (Reason.LOOKS_OLDER, Reason.NEW_LOOK)
    assert sale.alerts[1].samples == 3


def test_an_unknown_is_not_replaced_without_a_new_sample(sale: LaneDriver) -> None:
    sale.show(Person(age=50), frames=5)
    sale.receive(SCAN)
    sale.wait(1.2)
    sale.show(Person(age=None, quality=float("nan")), frames=5)
    assert sale.decisions == ["NO_CHALLENGE", "UNKNOWN"]


def test_a_change_of_customer_replaces_the_answer_by_unknown(sale: LaneDriver) -> None:
    sale.show(Person(1, age=50), frames=5)
    sale.receive(SCAN)
    sale.show(frames=25)
    sale.show(Person(2, age=50), frames=10)
    assert sale.decisions == ["NO_CHALLENGE", "UNKNOWN"]
    assert sale.states[-1].reasons == (Reason.CUSTOMER_CHANGED,)


def test_a_new_sale_uses_no_sample_of_the_sale_before(sale: LaneDriver) -> None:
    sale.show(Person(age=50), frames=10)
    sale.receive(CLOSE)
    sale.receive(NEXT)
    sale.receive(NEXT_SCAN)
    assert sale.alerts == []
    sale.show(Person(age=50), frames=3)
    assert [(alert.sale_id, alert.decision, alert.samples) for alert in sale.alerts] == [("sale-2", "NO_CHALLENGE", 3)]


def test_the_last_customer_is_not_the_customer_of_the_next_sale(sale: LaneDriver) -> None:
    sale.show(Person(1, age=50), frames=10)
    sale.receive(CLOSE)
    sale.show(Person(2, age=60), frames=5)
    sale.receive(NEXT)
    sale.show(Person(2, age=60), frames=30)
    sale.receive(NEXT_SCAN)
    assert [(alert.sale_id, alert.decision) for alert in sale.alerts] == [("sale-2", "NO_CHALLENGE")]


def test_opening_an_open_sale_again_changes_nothing(sale: LaneDriver) -> None:
    sale.show(Person(age=20), frames=5)
    sale.receive(SCAN)
    assert isinstance(sale.receive(OPEN), Ack)
    sale.receive(SCAN)
    sale.show(Person(age=90), frames=20)
    assert sale.decisions == ["CHALLENGE"]


def test_a_scan_is_answered_even_if_the_till_repeats_sale_opened(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.receive(OPEN)
    sale.wait(0.9)
    assert sale.decisions == ["UNKNOWN"]


def test_every_message_of_a_sale_is_acknowledged(sale: LaneDriver) -> None:
    checked = IdChecked(sale_id="sale-1", outcome="passed")
    for message in (Hello(till="till-1"), SCAN, checked, CLOSE):
        assert sale.receive(message, message_id=f"my {message.type}") == Ack(message_id=f"my {message.type}")


@pytest.mark.parametrize("message", [NEXT_SCAN, ItemRemoved(sale_id="sale-2"), SaleSuspended(sale_id="sale-2")])
def test_a_message_about_a_sale_that_is_not_open_is_rejected_with_the_fix(
    message: RestrictedItem | ItemRemoved | SaleSuspended, sale: LaneDriver
) -> None:
    reply = sale.receive(message, message_id="message-a")
    assert isinstance(reply, Error)
    assert (reply.code, reply.sale_id) == ("no-such-sale", "sale-2")
    assert "sale sale-2 is not open: send lane.sale.opened first" in reply.text
    assert reply.message_id == "message-a"


def test_an_ack_gets_no_reply_and_a_message_from_the_agent_is_rejected() -> None:
    lane = make_lane()
    assert lane.receive("till-1", "m1", Ack(message_id="a"), 0.0) == []
    [rejection] = lane.receive("till-1", "m2", Error(code="malformed", text="no"), 0.0)
    assert isinstance(rejection, OutgoingMessage)
    assert isinstance(rejection.data, Error)
    assert rejection.data.code == "not-for-agent"


def test_states_are_published_on_every_change_and_once_a_second() -> None:
    lane = drive(mode="on-sale")
    lane.show(frames=21)
    assert [state.frame for state in lane.states] == [0, 10, 20]
    lane.show(Person(track=4), frames=2)
    assert [(state.people, state.customer) for state in lane.states[-2:]] == [(0, None), (1, 4)]


def test_an_alert_in_a_replay_has_no_time_from_grab_to_alert() -> None:
    lane = drive(mode="continuous", replay=True, video="clip.mkv")
    lane.show(Person(age=50), frames=3)
    assert isinstance(lane.alerts[0], Alert)
    assert lane.alerts[0].grab_to_alert_ms is None
