"""Whatever happens, in whatever order, over whatever network: the reference till keeps its promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from edge.decision.policy import Decision
from edge.till.messages import Ack, Data, Error
from edge.till.reference.sale import ANSWER_WITHIN_S
from edge.till.reference.steps import Notify, Save, Send

ANY_ONE = st.integers(0, 1000)


class Shop(RuleBasedStateMachine):
    """A till, an agent that may be started anew, and a network that loses, repeats and re-orders."""

    def __init__(self, new_till: Callable[..., Any]) -> None:
        super().__init__()
        self.till = new_till()
        self.sales = 0
        self.heard_by_agent = 0
        self.to_till: list[tuple[str, Data]] = []
        self.noted, self.shown = set[str](), set[str]()
        self.let_pass: set[str] = set()
        self.seen = 0

    def follow(self) -> None:
        """Look at what the till has just done: an alert is noted first, shown once, and acknowledged after that."""
        for step in self.till.steps[self.seen :]:
            if isinstance(step, Save) and step.entry.heard:
                self.noted.add(step.entry.heard.data["alert_id"])
            elif isinstance(step, Notify) and step.event == "shown":
                alert_id = step.details["alert_id"]
                assert alert_id in self.noted
                assert alert_id not in self.shown or "again" in step.details
                self.shown.add(alert_id)
                if step.details["decision"] == Decision.NO_CHALLENGE.value:
                    self.let_pass.add(step.details["sale_id"])
            elif isinstance(step, Send) and step.event.type == Ack.type:
                assert step.event.data["alert_id"] in self.noted | {None}
        self.seen = len(self.till.steps)

    # The cashier.

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
    def check(self, outcome: str) -> None:
        self.till.check(outcome)

    @precondition(lambda self: self.till.session.sale is not None)
    @rule(completed=st.booleans())
    def close(self, completed: bool) -> None:
        self.till.close(completed=completed)

    # The agent and the network.

    @rule(answered=st.booleans())
    def the_agent_reads(self, answered: bool) -> None:
        """answered: else it is lost, here or on the way back."""
        news, self.heard_by_agent = self.till.sent[self.heard_by_agent :], len(self.till.sent)
        if answered:
            self.to_till += [(f"ack-{one.id}", Ack(message_id=one.id)) for one in news if one.type != Ack.type]

    @precondition(lambda self: bool(self.till.sent))
    @rule(ago=st.integers(1, 3), code=st.sampled_from(["no-such-sale", "malformed"]))
    def the_agent_refuses(self, ago: int, code: Any) -> None:
        refused = self.till.sent[-ago:][0].id
        self.to_till.append((f"error-{refused}", Error(code=code, text="no", message_id=refused)))

    @precondition(lambda self: self.sales > 0)
    @rule(decision=st.sampled_from(Decision), sales_ago=st.sampled_from([0, 0, 0, 1]), arrives=st.integers(0, 2))
    def the_agent_decides(self, decision: Decision, sales_ago: int, arrives: int) -> None:
        """arrives: so often at once, and perhaps later."""
        alert = self.till.alert(decision, f"s-{self.sales - sales_ago}")
        message = f"alert-{alert.alert_id}", alert
        self.to_till.append(message)
        for _ in range(arrives):
            self.till.receive(alert, id=message[0])

    @rule()
    def the_agent_gives_a_sign_of_life(self) -> None:
        self.till.health()

    @rule()
    def the_agent_is_started_anew(self) -> None:
        self.till.agent = self.till.identity.new_id()

    @precondition(lambda self: bool(self.to_till))
    @rule(which=ANY_ONE, comes_again=st.booleans())
    def the_till_reads(self, which: int, comes_again: bool) -> None:
        which %= len(self.to_till)
        message_id, data = self.to_till[which]
        self.till.receive(data, id=message_id)
        if not comes_again:
            del self.to_till[which]

    # The world.

    @rule(seconds=st.sampled_from([0.1, 0.5, 1.0, 2.5, 31.0]), with_health=st.booleans())
    def time_passes(self, seconds: float, with_health: bool) -> None:
        self.till.wait(seconds, with_health=with_health)

    @rule(after_s=st.sampled_from([0.1, 5.0, 40.0]))
    def the_power_goes(self, after_s: float) -> None:
        self.follow()
        self.till = self.till.restart(after_s=after_s)
        self.heard_by_agent = self.seen = 0

    # The promises.

    @invariant()
    def an_alert_is_on_the_screen_for_its_own_customer_and_in_its_time(self) -> None:
        session, alert = self.till.session, self.till.session.screen.alert
        if alert:
            assert alert.sale_id == session.sale.sale_id
            assert self.till.identity.wall_time(self.till.now_s) < alert.expires_at
            assert session.sale.check is None

    @invariant()
    def what_it_tells_and_says_is_in_order(self) -> None:
        self.follow()

    @invariant()
    def nobody_passes_unasked_but_on_an_answer_about_themselves(self) -> None:
        sale = self.till.session.sale
        if sale and sale.restricted_s is not None and not sale.check and self.till.shows == "nothing":
            assert sale.sale_id in self.let_pass
        if self.till.shows == "waiting":
            assert self.till.now_s - sale.restricted_s < ANSWER_WITHIN_S

    def teardown(self) -> None:
        """With an agent that answers again, everything is said in the end, each sale's story in its order."""
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


def test_no_sequence_of_events_breaks_a_promise_of_the_till(new_till: Callable[..., Any]) -> None:
    run_state_machine_as_test(
        lambda: Shop(new_till),
        settings=settings(max_examples=100, stateful_step_count=40, deadline=None, derandomize=True),
    )
