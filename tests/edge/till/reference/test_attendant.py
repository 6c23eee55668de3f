"""An attendant sees the alerts of all tills of a lane, and reports ID checks for their sales. A display only sees."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edge.decision.policy import Decision, Reason
from edge.errors import UsageError
from edge.till.envelope import Event, wrap
from edge.till.identity import ReplayIdentity
from edge.till.messages import Ack, Alert, AlertWithdrawn, Data, Error, Health, Hello, IdChecked, Role, Text
from edge.till.reference import fallback_prompts
from edge.till.reference.attendant import FORGOTTEN_AFTER_S, AttendantSession
from edge.till.reference.steps import Entry, Notify, Save, Send, Step


class Attended:
    """An attendant with a simulated lane and clock."""

    def __init__(self, role: Role = "attendant", saved: list[Entry] | None = None, now_s: float = 0.0) -> None:
        self.now_s, self.identity = now_s, ReplayIdentity()
        self.session = AttendantSession("desk", self.identity, role, "olga")
        self.saved, self.steps = list(saved or []), list[Step]()
        self.received: list[str] = []
        """Ids of the agent's messages."""
        self.record(self.session.start(now_s, tuple(self.saved)))
        if not saved:
            self.acknowledge_all()
            self.health()
            self.acknowledge_all()

    def record(self, steps: list[Step]) -> None:
        self.steps += steps
        self.saved += [step.entry for step in steps if isinstance(step, Save)]

    def receive(self, data: Data, late_s: float = 0.0) -> None:
        time = self.identity.wall_time(self.now_s - late_s)
        event = wrap(data, id=self.identity.new_id(), source="/edge-agent/lane-3", time=time)
        self.received.append(event.id)
        self.record(self.session.receive(event, self.now_s))

    def health(self, late_s: float = 0.0) -> None:
        self.receive(Health(lane="lane-3", agent="agent-1", status="ok", problems=()), late_s)

    def acknowledge_all(self) -> None:
        answered = {step.entry.answered for step in self.steps if isinstance(step, Save)}
        for event in self.sent:
            if event.type != Ack.type and event.id not in answered:
                self.receive(Ack(message_id=event.id))

    def alert(
        self, till: str | None, decision: Decision = Decision.CHALLENGE, sale_id: str = "s-1", age: int = 18
    ) -> Alert:
        at = self.identity.wall_time(self.now_s)
        alert = Alert(
            alert_id=self.identity.new_id(), sale_id=sale_id, lane="lane-3", till=till, decision=decision,
            reasons=(Reason.LOOKS_YOUNG,), age=None, p_under_legal=None, legal_age=age, threshold=25, samples=5,
            model="0123", text=Text(ru=f"Касса {till}", en=f"Till {till}"), issued_at=at,
            expires_at=at + timedelta(seconds=30), grab_to_alert_ms=None,
        )  # fmt: skip
        self.receive(alert)
        return alert

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.now_s += 1
            self.health()
            self.record(self.session.tick(self.now_s))

    @property
    def sent(self) -> list[Event]:
        return [step.event for step in self.steps if isinstance(step, Send)]

    @property
    def messages(self) -> list[Data]:
        return [data for event in self.sent if not isinstance(data := event.content(), Ack)]

    def details(self, event: str) -> list[dict[str, object]]:
        return [step.details for step in self.steps if isinstance(step, Notify) and step.event == event]

    def shows(self, till: str) -> str:
        return self.session.screen_of(till).shows


@pytest.fixture
def desk() -> Attended:
    return Attended()


@pytest.mark.parametrize("role", ["attendant", "display"])
def test_it_greets_with_its_role_and_acknowledges_alerts(role: Role) -> None:
    desk = Attended(role)
    assert desk.messages == [Hello(till="desk", role=role)] * len(desk.messages)
    alert = desk.alert("till-1")
    [ack] = [data for event in desk.sent if isinstance(data := event.content(), Ack) and data.alert_id]
    assert ack.alert_id == alert.alert_id


def test_each_tills_alert_is_shown_with_its_name_and_its_lane(desk: Attended) -> None:
    desk.alert("till-1", Decision.CHALLENGE, "a")
    desk.alert("till-2", Decision.UNKNOWN, "b")
    assert [(shown["lane"], shown["till"], shown["sale_id"]) for shown in desk.details("shown")] == [
        ("lane-3", "till-1", "a"), ("lane-3", "till-2", "b"),
    ]  # fmt: skip
    screens = desk.details("screen")
    assert [screen["text"] for screen in screens] == [
        {"ru": f"Касса {till}", "en": f"Till {till}"} for till in ("till-1", "till-2")
    ]


def test_a_check_is_sent_with_the_tills_name_and_clears_its_prompt(desk: Attended) -> None:
    desk.alert("till-1", sale_id="a", age=21)
    desk.alert("till-2", sale_id="b")
    desk.record(desk.session.check("passed", desk.now_s, till="till-1", means="document"))
    assert (desk.shows("till-1"), desk.shows("till-2")) == ("nothing", "alert")
    assert desk.messages[-1] == IdChecked(
        sale_id="a", till="till-1", outcome="passed", cashier_id="olga", means="document", minimum_age=21
    )
    desk.record(desk.session.check("failed", desk.now_s, till="till-2"))
    assert desk.shows("till-2") == "do-not-sell"


def test_a_withdrawn_alert_is_removed(desk: Attended) -> None:
    desk.alert("till-1", sale_id="a")
    desk.receive(AlertWithdrawn(sale_id="other", lane="lane-3", till="till-1", issued_at=desk.identity.wall_time(0)))
    assert desk.shows("till-1") == "alert"
    desk.receive(AlertWithdrawn(sale_id="a", lane="lane-3", till="till-1", issued_at=desk.identity.wall_time(0)))
    assert desk.shows("till-1") == "nothing"
    assert len(desk.details("withdrawn")) == 1
    acks = [data.message_id for event in desk.sent if isinstance(data := event.content(), Ack) and not data.alert_id]
    assert acks[-2:] == desk.received[-2:], "the agent resends what is not acknowledged"


def test_what_was_taken_back_stays_so_after_a_power_cut(desk: Attended) -> None:
    desk.alert("till-1", sale_id="a")
    desk.alert("till-2", sale_id="b")
    desk.receive(AlertWithdrawn(sale_id="a", lane="lane-3", till="till-1", issued_at=desk.identity.wall_time(0)))
    again = Attended(saved=desk.saved, now_s=5)
    again.acknowledge_all()
    again.health()
    assert (again.shows("till-1"), again.shows("till-2")) == ("nothing", "alert")


def test_a_newer_alert_replaces_an_older_one_but_not_the_reverse(desk: Attended) -> None:
    old = desk.alert("till-1", sale_id="a")
    desk.wait(1)
    new = desk.alert("till-1", sale_id="b")
    desk.receive(old)
    assert desk.session.sales["till-1"].alert == new


def test_who_waits_for_the_attendant_is_still_asked_for_after_the_alert_has_expired(desk: Attended) -> None:
    desk.alert("till-1")
    desk.wait(31)
    assert desk.shows("till-1") == "ask"
    desk.wait(FORGOTTEN_AFTER_S)
    assert desk.shows("till-1") == "nothing"


def test_when_the_clocks_differ_no_challenge_is_shown_as_ask_for_id(desk: Attended) -> None:
    desk.health(late_s=3600)
    desk.alert("till-1", Decision.NO_CHALLENGE)
    assert desk.session.screen_of("till-1").text == fallback_prompts.CLOCKS


def test_a_silent_lane_is_named(desk: Attended) -> None:
    desk.now_s += 4
    desk.record(desk.session.tick(desk.now_s))
    assert desk.details("agent-silent") == [{"lane": "lane-3"}]


def test_a_display_reports_no_checks_and_an_attendant_only_for_known_sales(desk: Attended) -> None:
    with pytest.raises(UsageError, match="no alert for a sale at 'till-9': alerts are for none"):
        desk.session.check("passed", 0.0, till="till-9")
    display = Attended("display")
    display.alert("till-1")
    with pytest.raises(UsageError, match="a display reports no ID checks: start with --role attendant"):
        display.session.check("passed", 0.0, till="till-1")


@pytest.mark.parametrize("code", ["no-such-sale", "sale-over", "not-allowed", "malformed"])
def test_a_rejected_check_is_reported_and_not_repeated_and_no_sale_is_opened(code: str, desk: Attended) -> None:
    desk.alert("till-1", sale_id="a")
    desk.record(desk.session.check("passed", desk.now_s, till="till-1"))
    before = len(desk.messages)
    desk.receive(Error.model_validate({"code": code, "text": "no", "message_id": desk.sent[-1].id}))
    desk.wait(20)
    assert (len(desk.messages), desk.session.unanswered) == (before, 0)
    assert [error["code"] for error in desk.details("error")] == [code]


def test_alerts_and_unanswered_checks_survive_a_power_cut(desk: Attended) -> None:
    alert = desk.alert("till-1", sale_id="a")
    desk.record(desk.session.check("passed", desk.now_s, till="till-1"))
    again = Attended(saved=desk.saved, now_s=5)
    again.acknowledge_all()
    again.health()
    assert [data for data in again.messages if isinstance(data, IdChecked)] == desk.messages[-1:]
    again.receive(alert)
    assert (len(again.details("repeated")), again.shows("till-1")) == (1, "nothing")
