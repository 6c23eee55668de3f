"""Random sequences of events over an unreliable network: the reference till always follows the protocol."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from edge.decision.policy import Decision
from edge.till.messages import Ack, CheckOutcome, Data, Error, ErrorCode
from edge.till.reference.screen import ANSWER_WITHIN_S
from edge.till.reference.steps import Notify, Save, Send
from tests.edge.till.reference.harness import TillHarness

ANY_INDEX = st.integers(0, 1000)


class Shop(RuleBasedStateMachine):
    """A till, an agent that may be restarted, and a network that loses, duplicates and reorders messages."""

    def __init__(self) -> None:
        super().__init__()
        self.till = TillHarness()
        self.sales = 0
        self.read_by_agent = 0
        self.to_till: list[tuple[str, Data]] = []
        self.saved, self.shown = set[str](), set[str]()
        self.not_asked: set[str] = set()
        self.checked_steps = 0

    def check_new_steps(self) -> None:
        """Check the latest steps: an alert is saved first, shown once, and acknowledged after that."""
        for step in self.till.steps[self.checked_steps :]:
            if isinstance(step, Save) and step.entry.heard:
                self.saved.add(step.entry.heard.data["alert_id"])
            elif isinstance(step, Notify) and step.event == "shown":
                alert_id = step.details["alert_id"]
                assert alert_id in self.saved
                assert alert_id not in self.shown or "again" in step.details
                self.shown.add(alert_id)
                if step.details["decision"] == Decision.NO_CHALLENGE.value:
                    self.not_asked.add(step.details["sale_id"])
            elif isinstance(step, Send) and step.event.type == Ack.type:
                assert step.event.data["alert_id"] in self.saved | {None}
        self.checked_steps = len(self.till.steps)

    # Actions of the cashier.

    @precondition(lambda self: self.till.session.sale is None)
    @rule()
    def open(self) -> None:
        self.sales += 1
        self.till.open(f"s-{self.sales}")

    @precondition(lambda self: self.till.session.sale is not None)
    @rule(item=st.sampled_from(["milk", "beer", "beer", "beer"]))
    def scan(self, item: str) -> None:
        self.till.scan(item)

    @precondition(lambda self: self.till.session.sale is not None)
    @rule(outcome=st.sampled_from(["passed", "failed", "not-shown"]))
    def check(self, outcome: CheckOutcome) -> None:
        self.till.check(outcome)

    @precondition(lambda self: self.till.session.sale is not None)
    @rule(completed=st.booleans())
    def close(self, completed: bool) -> None:
        self.till.close(completed=completed)

    # The agent and the network.

    @rule(answered=st.booleans())
    def the_agent_reads(self, answered: bool) -> None:
        """answered: False when the message or its answer is lost."""
        new, self.read_by_agent = self.till.sent[self.read_by_agent :], len(self.till.sent)
        if answered:
            self.to_till += [(f"ack-{event.id}", Ack(message_id=event.id)) for event in new if event.type != Ack.type]

    @precondition(lambda self: bool(self.till.sent))
    @rule(ago=st.integers(1, 3), code=st.sampled_from(["no-such-sale", "malformed"]))
    def the_agent_rejects(self, ago: int, code: ErrorCode) -> None:
        rejected = self.till.sent[-ago:][0].id
        self.to_till.append((f"error-{rejected}", Error(code=code, text="no", message_id=rejected)))

    @precondition(lambda self: self.sales > 0)
    @rule(decision=st.sampled_from(Decision), sales_ago=st.sampled_from([0, 0, 0, 1]), arrives=st.integers(0, 2))
    def the_agent_decides(self, decision: Decision, sales_ago: int, arrives: int) -> None:
        """arrives: how often the alert arrives now; it may arrive later too."""
        alert = self.till.alert(decision, f"s-{self.sales - sales_ago}")
        message = f"alert-{alert.alert_id}", alert
        self.to_till.append(message)
        for _ in range(arrives):
            self.till.receive(alert, id=message[0])

    @rule()
    def the_agent_sends_a_heartbeat(self) -> None:
        self.till.health()

    @rule()
    def the_agent_is_restarted(self) -> None:
        self.till.agent = self.till.identity.new_id()

    @precondition(lambda self: bool(self.to_till))
    @rule(which=ANY_INDEX, arrives_again=st.booleans())
    def the_till_reads(self, which: int, arrives_again: bool) -> None:
        which %= len(self.to_till)
        message_id, data = self.to_till[which]
        self.till.receive(data, id=message_id)
        if not arrives_again:
            del self.to_till[which]

    # Time and power.

    @rule(seconds=st.sampled_from([0.1, 0.5, 1.0, 2.5, 31.0]), with_health=st.booleans())
    def time_passes(self, seconds: float, with_health: bool) -> None:
        self.till.wait(seconds, with_health=with_health)

    @rule(after_s=st.sampled_from([0.1, 5.0, 40.0]))
    def the_power_fails(self, after_s: float) -> None:
        self.check_new_steps()
        self.till = self.till.restart(after_s=after_s)
        self.read_by_agent = self.checked_steps = 0

    # The rules of the protocol.

    @invariant()
    def a_shown_alert_is_of_the_open_sale_and_has_not_expired(self) -> None:
        alert = self.till.session.screen.alert
        if alert:
            assert alert.sale_id == self.till.sale.sale_id
            assert self.till.identity.wall_time(self.till.now_s) < alert.expires_at
            assert self.till.sale.check is None

    @invariant()
    def steps_are_in_order(self) -> None:
        self.check_new_steps()

    @invariant()
    def the_screen_is_empty_only_after_a_no_challenge_about_this_sale(self) -> None:
        sale = self.till.session.sale
        if sale and sale.restricted_s is not None and not sale.check and self.till.shows == "nothing":
            assert sale.sale_id in self.not_asked
        if self.till.shows == "waiting":
            assert sale
            assert sale.restricted_s is not None
            assert self.till.now_s - sale.restricted_s < ANSWER_WITHIN_S

    def teardown(self) -> None:
        """Once the agent answers again, the till sends everything, and a restarted till has the same sale."""
        for _ in range(4):
            self.till.health()
            self.till.wait(1.0)
            self.till.acknowledge_all()
        assert self.till.session.unanswered == 0
        again = self.till.restart()
        again.acknowledge_all()
        before, after = self.till.session.sale, again.session.sale
        assert (before and (before.sale_id, before.basket, before.check)) == (
            after and (after.sale_id, after.basket, after.check)
        )


def test_no_sequence_of_events_breaks_the_protocol() -> None:
    run_state_machine_as_test(
        Shop,
        settings=settings(max_examples=100, stateful_step_count=40, deadline=None, derandomize=True),
    )
