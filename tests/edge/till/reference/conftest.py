"""A till session with a hand-made agent, where the test says what time it is; and a real agent without a camera."""

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
from edge.till.reference.steps import Entry, Keep, Send, Step, Tell
from edge.till.server import TillServer

LOOK_EVERY_S, HEALTH_EVERY_S = 0.05, 1.0


class Counter:
    """The shop before opening: seconds since start, everything written down, said and told."""

    def __init__(
        self, journal: Iterable[Entry] = (), now_s: float = 0.0, identity: ReplayIdentity | None = None
    ) -> None:
        self.now_s, self.identity = now_s, identity or ReplayIdentity()
        self.agent = "agent-1"
        self.session = TillSession("till-1", self.identity, cashier_id="anna")
        self.journal = list(journal)
        self.steps: list[Step] = []
        self._answered: set[str] = set()
        self.take(self.session.start(now_s, tuple(self.journal)))

    def take(self, steps: list[Step]) -> list[Step]:
        self.steps += steps
        self.journal += [step.entry for step in steps if isinstance(step, Keep)]
        return steps

    # What the cashier does.

    def open(self, sale_id: str = "s-1") -> None:
        self.take(self.session.open_sale(self.now_s, sale_id))

    def scan(self, item: str = "beer") -> None:
        self.take(self.session.scan(item, self.now_s))

    def check(self, outcome: Any = "passed") -> None:
        self.take(self.session.check(outcome, self.now_s))

    def close(self, *, completed: bool = True) -> None:
        self.take(self.session.close_sale(self.now_s, completed=completed))

    # What the agent does.

    def hear(self, data: Data, *, late_s: float = 0.0, id: str | None = None) -> list[Step]:
        """late_s: how old the agent's clock makes the message look."""
        time = self.identity.wall_time(self.now_s - late_s)
        event = wrap(data, id=id or self.identity.new_id(), source="/edge-agent/lane-1", time=time)
        return self.take(self.session.hear(event, self.now_s))

    def answer(self) -> None:
        """The agent acknowledges everything that it was sent, until nothing more is said."""
        while open_ones := [event for event in self.sent if event.id not in self._answered and event.type != Ack.type]:
            self._answered |= {event.id for event in open_ones}
            for event in open_ones:
                self.hear(Ack(message_id=event.id))

    def health(self, agent: str | None = None, *, late_s: float = 0.0, problems: tuple[str, ...] = ()) -> list[Step]:
        status = "degraded" if problems else "ok"
        self.agent = agent or self.agent
        return self.hear(Health(lane="lane-1", agent=self.agent, status=status, problems=problems), late_s=late_s)

    def refuse(self, event: Event, code: Any = "no-such-sale") -> None:
        self._answered.add(event.id)
        self.hear(Error(code=code, text="it cannot be used", message_id=event.id))

    def alert(self, decision: Decision = Decision.CHALLENGE, sale_id: str = "s-1", **changes: Any) -> Alert:
        """An alert as the agent would make it now, good for 30 s."""
        at = self.identity.wall_time(self.now_s)
        alert = Alert(
            alert_id=self.identity.new_id(), sale_id=sale_id, lane="lane-1", decision=decision,
            reasons=(Reason.LOOKS_YOUNG,), age=None, p_under_legal=None, threshold=25, samples=5, model="0123",
            text=Text(ru="Проверьте документы.", en="Ask for ID."), issued_at=at, expires_at=at + timedelta(seconds=30),
            grab_to_alert_ms=None,
        )  # fmt: skip
        return alert.model_copy(update=changes)

    # What came of it.

    def wait(self, seconds: float, *, with_health: bool = False) -> None:
        until_s, health_s = self.now_s + seconds, self.now_s
        # Half a minute needs no finer look than ten a second.
        look_s = LOOK_EVERY_S if seconds < 10 else 2 * LOOK_EVERY_S
        while self.now_s < until_s:
            self.now_s = min(until_s, self.now_s + look_s)
            if with_health and self.now_s >= health_s:
                self.health()
                health_s = self.now_s + HEALTH_EVERY_S
            self.take(self.session.tick(self.now_s))

    @property
    def sent(self) -> list[Event]:
        return [step.event for step in self.steps if isinstance(step, Send)]

    @property
    def said(self) -> list[str]:
        """Types of what the till sent, but for acknowledgements."""
        return [event.type for event in self.sent if event.type != Ack.type]

    @property
    def told(self) -> list[str]:
        return [step.event for step in self.steps if isinstance(step, Tell)]

    def details(self, event: str) -> list[dict[str, Any]]:
        return [step.details for step in self.steps if isinstance(step, Tell) and step.event == event]

    @property
    def shows(self) -> str:
        return self.session.screen.shows

    def forget(self) -> None:
        """What has been seen so far is not looked at again."""
        self.steps.clear()

    def restart(self, *, after_s: float = 0.0) -> Counter:
        """The power goes and comes back: only the journal is left."""
        return Counter(self.journal, self.now_s + after_s, self.identity)


@pytest.fixture
def counter() -> Counter:
    """A till that has met the agent and been answered."""
    counter = Counter()
    counter.answer()
    counter.health()
    counter.answer()
    counter.forget()
    return counter


@pytest.fixture
def new_counter() -> Callable[..., Counter]:
    """A till that has just been switched on."""
    return Counter


class Box:
    """An agent on real sockets and a real disk, all but the camera: whoever stands there, nobody is seen."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.address, self._stopping = folder, "tcp://127.0.0.1:*", threading.Event()
        self.keys: Keys | None = None
        self._thread: threading.Thread | None = None

    def key(self, till: str) -> Path:
        """From now on everybody needs a key; the file with the one for this till."""
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
    """Not started yet."""
    box = Box(tmp_path)
    yield box
    box.stop()
