"""A till session with a simulated agent and clock, and a real agent without a camera."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.decision.policy import Decision, Reason
from edge.lane.desk import TillDesk
from edge.lane.events import EventLog
from edge.lane.lane import Lane
from edge.lane.publisher import Publisher
from edge.lane.rules import LaneRules
from edge.settings.config import Settings
from edge.settings.sections import TillSettings
from edge.till.envelope import Event, wrap
from edge.till.identity import LiveIdentity, ReplayIdentity
from edge.till.keys import Keys
from edge.till.messages import Ack, Alert, Data, Error, Health, Text
from edge.till.reference.session import TillSession
from edge.till.reference.steps import Entry, Notify, Save, Send, Step
from edge.till.server import TillServer

TICK_EVERY_S, HEALTH_EVERY_S = 0.05, 1.0


class TillHarness:
    """A till session. Records its steps; the test plays the cashier, the agent and the clock."""

    def __init__(self, saved: Iterable[Entry] = (), now_s: float = 0.0, identity: ReplayIdentity | None = None) -> None:
        self.now_s, self.identity = now_s, identity or ReplayIdentity()
        self.agent = "agent-1"
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

    def open(self, sale_id: str = "s-1") -> None:
        self.record(self.session.open_sale(self.now_s, sale_id))

    def scan(self, item: str = "beer") -> None:
        self.record(self.session.scan(item, self.now_s))

    def check(self, outcome: Any = "passed") -> None:
        self.record(self.session.check(outcome, self.now_s))

    def close(self, *, completed: bool = True) -> None:
        self.record(self.session.close_sale(self.now_s, completed=completed))

    # Messages of the agent.

    def receive(self, data: Data, *, late_s: float = 0.0, id: str | None = None) -> list[Step]:
        """late_s: how far the agent's clock is behind the till's."""
        time = self.identity.wall_time(self.now_s - late_s)
        event = wrap(data, id=id or self.identity.new_id(), source="/edge-agent/lane-1", time=time)
        return self.record(self.session.receive(event, self.now_s))

    def acknowledge_all(self) -> None:
        """The agent acknowledges every message, until the till sends no more."""
        while pending := [event for event in self.sent if event.id not in self._answered and event.type != Ack.type]:
            self._answered |= {event.id for event in pending}
            for event in pending:
                self.receive(Ack(message_id=event.id))

    def health(self, agent: str | None = None, *, late_s: float = 0.0, problems: tuple[str, ...] = ()) -> list[Step]:
        status = "degraded" if problems else "ok"
        self.agent = agent or self.agent
        return self.receive(Health(lane="lane-1", agent=self.agent, status=status, problems=problems), late_s=late_s)

    def reject(self, event: Event, code: Any = "no-such-sale") -> None:
        self._answered.add(event.id)
        self.receive(Error(code=code, text="it cannot be used", message_id=event.id))

    def alert(self, decision: Decision = Decision.CHALLENGE, sale_id: str = "s-1", **changes: Any) -> Alert:
        """An alert as the agent would make it now; it expires after 30 s."""
        at = self.identity.wall_time(self.now_s)
        alert = Alert(
            alert_id=self.identity.new_id(), sale_id=sale_id, lane="lane-1", decision=decision,
            reasons=(Reason.LOOKS_YOUNG,), age=None, p_under_legal=None, threshold=25, samples=5, model="0123",
            text=Text(ru="Проверьте документы.", en="Ask for ID."), issued_at=at,
            expires_at=at + timedelta(seconds=30), grab_to_alert_ms=None,
        )  # fmt: skip
        return alert.model_copy(update=changes)

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
    def sent(self) -> list[Event]:
        return [step.event for step in self.steps if isinstance(step, Send)]

    @property
    def sent_types(self) -> list[str]:
        """Types of the messages that the till sent, without acknowledgements."""
        return [event.type for event in self.sent if event.type != Ack.type]

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
        return TillHarness(self.saved, self.now_s + after_s, self.identity)


@pytest.fixture
def till() -> TillHarness:
    """A connected till without unanswered messages."""
    till = TillHarness()
    till.acknowledge_all()
    till.health()
    till.acknowledge_all()
    till.clear()
    return till


@pytest.fixture
def new_till() -> Callable[..., TillHarness]:
    """Makes a till that has just been switched on."""
    return TillHarness


class Box:
    """An agent with real sockets and a real disk, but without a camera: it never sees a customer."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.address, self._stopping = folder, "tcp://127.0.0.1:*", threading.Event()
        self.keys: Keys | None = None
        self._thread: threading.Thread | None = None

    def key(self, till: str) -> Path:
        """Require keys from now on. Returns the key file of this till."""
        self.keys, self.address = Keys(self._folder / "keys"), "tcp://0.0.0.0:*"
        file = self._folder / f"{till}.key_secret"
        self.keys.new(till, file, (self.address, self.address))
        return file

    def start(self) -> None:
        ready = threading.Event()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, args=(ready,))
        self._thread.start()
        assert ready.wait(30), "the agent did not start"

    def stop(self) -> None:
        self._stopping.set()
        if self._thread:
            self._thread.join()

    def _run(self, ready: threading.Event) -> None:
        settings, identity = Settings(mode="on-sale", state_dir=self._folder), LiveIdentity()
        server = TillServer(TillSettings(reliable=self.address, live=f"ipc://{self._folder}/live"), self.keys)
        self.address = server.addresses[0]
        lane = Lane(LaneRules(settings, 25, "0123456789ab"), identity)
        publisher = Publisher(settings.lane, identity, EventLog(None), server)
        desk = TillDesk(settings, lane, identity, publisher, server, time.monotonic())
        ready.set()
        while not self._stopping.wait(0.01):
            now_s = time.monotonic()
            desk.deliver(lane.tick(now_s), now_s)
            desk.serve(now_s)
        desk.close()
        server.close()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """An agent that is not started yet."""
    box = Box(tmp_path)
    yield box
    box.stop()
