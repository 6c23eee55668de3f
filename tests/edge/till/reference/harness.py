"""A till session with a simulated agent and clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from edge.decision.policy import Decision, Reason
from edge.till.envelope import Event, wrap
from edge.till.identity import ReplayIdentity
from edge.till.messages import Ack, Alert, CheckOutcome, Data, Error, ErrorCode, Health, Text
from edge.till.reference.sale import TillSale
from edge.till.reference.session import TillSession
from edge.till.reference.steps import Entry, Notify, Save, Send, Step

TICK_EVERY_S, HEALTH_EVERY_S = 0.05, 1.0


class TillHarness:
    """A till session. Records its steps; the test plays the cashier, the agent and the clock."""

    def __init__(self, saved: Iterable[Entry] = (), now_s: float = 0.0, identity: ReplayIdentity | None = None) -> None:
        self.now_s, self.identity = now_s, identity or ReplayIdentity()
        self.agent = "agent-1"
        self.behind_s = 0.0
        """How far the agent's clock is behind the till's."""
        self.known_behind_s: float | None = None
        """What the last heartbeat said about that."""
        self.session = TillSession("till-1", self.identity, cashier_id="anna")
        self.saved = list(saved)
        self.steps: list[Step] = []
        self._answered: set[str] = set()
        self.record(self.session.start(now_s, tuple(self.saved)))

    def record(self, steps: list[Step]) -> list[Step]:
        self.steps += steps
        self.saved += [step.entry for step in steps if isinstance(step, Save)]
        return steps

    # Actions of the cashier.

    def open(self, sale_id: str | None = "s-1", **how: Any) -> None:
        self.record(self.session.open_sale(self.now_s, sale_id, **how))

    def scan(self, item: str = "beer") -> None:
        self.record(self.session.scan(item, self.now_s))

    def remove(self, item: str = "beer") -> None:
        self.record(self.session.remove(item, self.now_s))

    def check(self, outcome: CheckOutcome = "passed", **how: Any) -> None:
        self.record(self.session.check(outcome, self.now_s, **how))

    def cashier(self, cashier_id: str) -> None:
        self.record(self.session.change_cashier(cashier_id, self.now_s))

    def suspend(self) -> None:
        self.record(self.session.suspend(self.now_s))

    def resume(self, sale_id: str | None = None) -> None:
        self.record(self.session.resume(self.now_s, sale_id))

    def close(self, *, completed: bool = True) -> None:
        self.record(self.session.close_sale(self.now_s, completed=completed))

    # Messages of the agent.

    def receive(self, data: Data, *, late_s: float = 0.0, id: str | None = None) -> list[Step]:
        """late_s: how far the agent's clock is behind the till's."""
        return self.record(self.session.receive(self.event(data, late_s=late_s, id=id), self.now_s))

    def event(self, data: Data, *, late_s: float = 0.0, id: str | None = None) -> Event:
        """A message as the agent sends it."""
        time = self.identity.wall_time(self.now_s - late_s)
        return wrap(data, id=id or self.identity.new_id(), source="/edge-agent/lane-1", time=time)

    def acknowledge_all(self) -> None:
        """The agent acknowledges every message, until the till sends no more."""
        while pending := [event for event in self.sent if event.id not in self._answered and event.type != Ack.type]:
            self._answered |= {event.id for event in pending}
            for event in pending:
                self.receive(Ack(message_id=event.id))

    def health(
        self, agent: str | None = None, *, late_s: float | None = None, problems: tuple[str, ...] = ()
    ) -> list[Step]:
        self.agent = agent or self.agent
        late_s = self.known_behind_s = self.behind_s if late_s is None else late_s
        health = Health(lane="lane-1", agent=self.agent, status="degraded" if problems else "ok", problems=problems)
        return self.receive(health, late_s=late_s)

    def reject(self, event: Event, code: ErrorCode = "no-such-sale") -> None:
        self._answered.add(event.id)
        self.receive(Error(code=code, text="it cannot be used", message_id=event.id))

    def alert(
        self,
        decision: Decision = Decision.CHALLENGE,
        sale_id: str = "s-1",
        age: int | None = 18,
        behind_s: float | None = None,
    ) -> Alert:
        """An alert as the agent would make it now, for items of this minimum age; it expires after 30 s. behind_s: how
        far the agent's clock is behind the till's."""
        at = self.identity.wall_time(self.now_s - (self.behind_s if behind_s is None else behind_s))
        return Alert(
            alert_id=self.identity.new_id(), sale_id=sale_id, lane="lane-1", decision=decision,
            reasons=(Reason.LOOKS_YOUNG,), age=None, p_under_legal=None, legal_age=age, threshold=25, samples=5,
            model="0123", text=Text(ru="Проверьте документы.", en="Ask for ID."), issued_at=at,
            expires_at=at + timedelta(seconds=30), grab_to_alert_ms=None,
        )  # fmt: skip

    # Time and results.

    def wait(self, seconds: float, *, with_health: bool = False) -> None:
        until_s, health_s = self.now_s + seconds, self.now_s
        # Over half a minute, ten ticks a second are enough.
        tick_s = TICK_EVERY_S if seconds < 10 else 2 * TICK_EVERY_S
        while self.now_s < until_s:
            self.now_s = min(until_s, self.now_s + tick_s)
            if with_health and self.now_s >= health_s:
                self.health()
                health_s = self.now_s + HEALTH_EVERY_S
            self.record(self.session.tick(self.now_s))

    @property
    def sale(self) -> TillSale:
        """The open sale."""
        sale = self.session.sale
        assert sale
        return sale

    @property
    def sent(self) -> list[Event]:
        return [step.event for step in self.steps if isinstance(step, Send)]

    @property
    def sent_types(self) -> list[str]:
        """Types of the messages that the till sent, without acknowledgements."""
        return [event.type for event in self.sent if event.type != Ack.type]

    @property
    def messages(self) -> list[Data]:
        """What the till sent, without acknowledgements."""
        return [event.content() for event in self.sent if event.type != Ack.type]

    @property
    def events(self) -> list[str]:
        """The events that the till notified of."""
        return [step.event for step in self.steps if isinstance(step, Notify)]

    def details(self, event: str) -> list[dict[str, Any]]:
        return [step.details for step in self.steps if isinstance(step, Notify) and step.event == event]

    @property
    def shows(self) -> str:
        return self.session.screen.shows

    def clear(self) -> None:
        """Forget the steps recorded so far."""
        self.steps.clear()

    def restart(self, *, after_s: float = 0.0) -> TillHarness:
        """A till after a power cut, with only the saved entries."""
        again = TillHarness(self.saved, self.now_s + after_s, self.identity)
        again.behind_s = self.behind_s
        return again
