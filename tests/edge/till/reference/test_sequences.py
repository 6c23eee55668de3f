"""Random sequences of events over an unreliable network: the reference till always follows the protocol."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from edge.decision.policy import Decision
from edge.till.messages import Ack, Alert, CheckOutcome, Data, Error, ErrorCode
from edge.till.reference.sale import TillSale
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
        self.checked: dict[str, list[tuple[str, int]]] = {}
        self.received_s: dict[str, float] = {}
        self.restarted_s = 0.0
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
                    self.not_asked.add(alert_id)
            elif isinstance(step, Send) and step.event.type == Ack.type:
                assert step.event.data["alert_id"] in self.saved | {None}
        self.checked_steps = len(self.till.steps)

    # Actions of the cashier.

    @precondition(lambda self: self.till.session.sale is None)
    @rule(training=st.booleans())
    def open(self, training: bool) -> None:
        self.sales += 1
        self.till.open(f"s-{self.sales}", training=training)

    @precondition(lambda self: self.till.session.sale is not None)
    @rule(item=st.sampled_from(["milk", "beer", "beer", "beer", "vodka", "energy-drink"]))
    def scan(self, item: str) -> None:
        self.till.scan(item)

    @precondition(lambda self: self.till.session.sale is not None and bool(self.till.sale.basket))
    @rule(which=ANY_INDEX)
    def remove(self, which: int) -> None:
        basket = self.till.sale.basket
        self.till.remove(str(basket[which % len(basket)].sku))

    @precondition(lambda self: self.till.session.sale is not None)
    @rule(outcome=st.sampled_from(["passed", "failed", "not-shown"]), age=st.sampled_from([None, None, 16, 18, 21]))
    def check(self, outcome: CheckOutcome, age: int | None) -> None:
        sale = self.till.sale
        self.checked.setdefault(sale.sale_id, []).append((outcome, age or sale.asked_age))
        self.till.check(outcome, minimum_age=age)

    @rule(cashier=st.sampled_from(["anna", "boris"]))
    def another_cashier(self, cashier: str) -> None:
        self.till.cashier(cashier)

    @precondition(lambda self: self.till.session.sale is not None)
    @rule()
    def suspend(self) -> None:
        self.till.suspend()

    @precondition(lambda self: self.till.session.sale is None and bool(self.till.session.suspended))
    @rule(which=ANY_INDEX)
    def resume(self, which: int) -> None:
        suspended = self.till.session.suspended
        self.till.resume(suspended[which % len(suspended)])

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
    @rule(ago=st.integers(1, 3), code=st.sampled_from(["no-such-sale", "sale-over", "malformed"]))
    def the_agent_rejects(self, ago: int, code: ErrorCode) -> None:
        rejected = self.till.sent[-ago:][0].id
        self.to_till.append((f"error-{rejected}", Error(code=code, text="no", message_id=rejected)))

    @precondition(lambda self: self.sales > 0)
    @rule(
        decision=st.sampled_from(Decision),
        sales_ago=st.sampled_from([0, 0, 0, 1]),
        age=st.sampled_from([16, 18, 18, 21]),
        arrives=st.integers(0, 2),
    )
    def the_agent_decides(self, decision: Decision, sales_ago: int, age: int, arrives: int) -> None:
        """age: for which minimum age. arrives: how often the alert arrives now; it may arrive later too."""
        alert = self.till.alert(decision, f"s-{self.sales - sales_ago}", age)
        message = f"alert-{alert.alert_id}", alert
        self.to_till.append(message)
        for _ in range(arrives):
            self.till_receives(*message)

    @rule()
    def the_agent_sends_a_heartbeat(self) -> None:
        self.till.health()

    @rule(behind_s=st.sampled_from([0.0, 0.0, 1.9, 3.0, -10800.0, 10800.0]))
    def the_clocks_change(self, behind_s: float) -> None:
        self.till.behind_s = behind_s

    @rule()
    def the_agent_is_restarted(self) -> None:
        self.till.agent = self.till.identity.new_id()

    @precondition(lambda self: bool(self.to_till))
    @rule(which=ANY_INDEX, arrives_again=st.booleans())
    def the_till_reads(self, which: int, arrives_again: bool) -> None:
        which %= len(self.to_till)
        message_id, data = self.to_till[which]
        self.till_receives(message_id, data)
        if not arrives_again:
            del self.to_till[which]

    def till_receives(self, message_id: str, data: Data) -> None:
        if isinstance(data, Alert):
            self.received_s.setdefault(data.alert_id, self.till.now_s)
        self.till.receive(data, id=message_id)

    # Time and power.

    @rule(seconds=st.sampled_from([0.1, 0.5, 1.0, 2.5, 31.0]), with_health=st.booleans())
    def time_passes(self, seconds: float, with_health: bool) -> None:
        self.till.wait(seconds, with_health=with_health)

    @rule(after_s=st.sampled_from([0.1, 5.0, 40.0]))
    def the_power_fails(self, after_s: float) -> None:
        self.check_new_steps()
        self.till = self.till.restart(after_s=after_s)
        self.restarted_s = self.till.now_s
        self.read_by_agent = self.checked_steps = 0

    # The rules of the protocol.

    @invariant()
    def a_shown_alert_is_of_the_open_sale_and_has_not_expired(self) -> None:
        alert = self.till.session.screen.alert
        if alert:
            assert alert.sale_id == self.till.sale.sale_id
            assert self.till.sale.check != "passed"
            received_s = self.received_s[alert.alert_id]
            assert self.till.now_s < received_s + 30 or self.till.now_s < self.restarted_s + 30

    @invariant()
    def no_challenge_is_shown_only_for_the_strictest_item_and_while_the_clocks_agree(self) -> None:
        alert = self.till.session.screen.alert
        if alert and alert.decision is Decision.NO_CHALLENGE:
            assert alert.legal_age
            assert alert.legal_age >= self.strictest
            assert self.till.known_behind_s is not None
            assert abs(self.till.known_behind_s) <= 2
            assert self.till.now_s < self.received_s[alert.alert_id] + 30

    @invariant()
    def steps_are_in_order(self) -> None:
        self.check_new_steps()

    @invariant()
    def the_screen_is_empty_only_without_restricted_items_or_after_an_answer_for_the_strictest(self) -> None:
        sale = self.till.session.sale
        if self.till.shows == "waiting":
            assert sale
            assert sale.restricted_s is not None
            assert self.till.now_s - sale.restricted_s < ANSWER_WITHIN_S
        unchecked = sale and sale.restricted and self.outcome_for(self.strictest) != "passed"
        if sale and unchecked and self.till.shows == "nothing":
            assert sale.alert
            assert sale.alert.alert_id in self.not_asked
            assert sale.alert.legal_age
            assert sale.alert.legal_age >= self.strictest

    @invariant()
    def items_that_a_check_forbids_are_never_offered_for_sale(self) -> None:
        sale = self.till.session.sale
        ages = [item.minimum_age or sale.lane_age or 18 for item in sale.restricted] if sale else []
        if any(self.outcome_for(age) in ("failed", "not-shown") for age in ages):
            assert self.till.shows == "do-not-sell"

    @invariant()
    def a_sale_whose_last_restricted_item_was_removed_shows_nothing(self) -> None:
        sale = self.till.session.sale
        if sale and sale.restricted_s is not None and not sale.restricted:
            assert self.till.shows == "nothing"

    @property
    def strictest(self) -> int:
        """The highest minimum age in the open sale. An item without one has the lane's."""
        sale = self.till.sale
        return max(item.minimum_age or sale.lane_age or 18 for item in sale.restricted)

    def outcome_for(self, age: int) -> str | None:
        """The last check of the open sale that says something about items of this minimum age."""
        for outcome, checked in reversed(self.checked.get(self.till.sale.sale_id, [])):
            if (
                outcome == "not-shown"
                or (outcome == "passed" and checked >= age)
                or (outcome == "failed" and checked <= age)
            ):
                return outcome
        return None

    def teardown(self) -> None:
        """Once the agent answers again, the till sends everything, and a restarted till has the same sale."""
        for _ in range(4):
            self.till.health()
            self.till.wait(1.0)
            self.till.acknowledge_all()
        assert self.till.session.unanswered == 0
        again = self.till.restart()
        again.acknowledge_all()
        assert [*map(what_matters, self.sales_of(self.till))] == [*map(what_matters, self.sales_of(again))]

    def sales_of(self, till: TillHarness) -> list[TillSale | None]:
        """The open sale, and the suspended ones."""
        return [till.session.sale, *(till.session.suspended_sale(name) for name in till.session.suspended)]


def what_matters(sale: TillSale | None) -> tuple[object, ...] | None:
    return sale and (sale.sale_id, sale.basket, sale.restricted, sale.checks, sale.training)


def test_no_sequence_of_events_breaks_the_protocol() -> None:
    run_state_machine_as_test(
        Shop,
        settings=settings(max_examples=200, stateful_step_count=40, deadline=None, derandomize=True),
    )
