"""Runs sessions on real connections: performs their steps and passes them received messages."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Protocol

from edge.till.reference.steps import Notify, Save, Send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from edge.till.envelope import Event
    from edge.till.reference.dealer import Till
    from edge.till.reference.sent import StateLog
    from edge.till.reference.steps import Entry, Step

_TICK_EVERY_S = 0.05
"""How often a session checks for resends, a silent agent, and expired prompts."""


_CONNECT_S = 0.2


class Session(Protocol):
    """The protocol of one connection: `TillSession`, or `AttendantSession`."""

    @property
    def unanswered(self) -> int: ...

    def start(self, now_s: float, entries: Iterable[Entry] = ()) -> list[Step]: ...

    def receive(self, event: Event, now_s: float) -> list[Step]: ...

    def tick(self, now_s: float) -> list[Step]: ...


class Connection(ABC):
    """Receives and sends. Not thread-safe: call everything from one thread, and `run_for`, `run_until` or `poll` at
    least each second."""

    @property
    @abstractmethod
    def unanswered(self) -> int:
        """How many messages were not answered."""

    @abstractmethod
    def poll(self, timeout_s: float) -> None:
        """Wait for messages and handle them, or after the timeout perform what is due."""

    def run_for(self, seconds: float) -> None:
        """Receive and send for some time."""
        self.run_until(lambda: False, seconds)

    def run_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Receive and send until the condition holds. Returns False after the timeout."""
        end_s = time.monotonic() + timeout_s
        while not condition():
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                return False
            self.poll(min(left_s, _TICK_EVERY_S))
        return True


class LiveTill(Connection):
    """One session on one connection."""

    def __init__(
        self, session: Session, channel: Till, sent_log: StateLog | None, notify: Callable[[Notify], None]
    ) -> None:
        """Starts the session, which greets the agent. sent_log: None to save nothing. notify: called for every
        notification."""
        self._session, self._channel, self._sent_log, self._notify = session, channel, sent_log, notify
        # The greeting would be lost without a connection, and resent only after a second.
        channel.wait_for_connection(_CONNECT_S)
        self.perform(session.start(time.monotonic(), sent_log.entries if sent_log else ()))

    @property
    def unanswered(self) -> int:
        return self._session.unanswered

    def perform(self, steps: Iterable[Step]) -> None:
        """Perform the steps of the session. All entries are saved before the first message is sent."""
        steps = list(steps)
        entries = [step.entry for step in steps if isinstance(step, Save)]
        if entries and self._sent_log:
            self._sent_log.write(entries)
        for step in steps:
            if isinstance(step, Send):
                # Without a connection the message is dropped here, and resent because it stays unanswered.
                self._channel.send_event(step.event)
            elif isinstance(step, Notify):
                self._notify(step)

    def poll(self, timeout_s: float) -> None:
        event = self._receive(timeout_s)
        now_s = time.monotonic()
        self.perform(self._session.receive(event, now_s) if event else self._session.tick(now_s))

    def _receive(self, timeout_s: float) -> Event | None:
        try:
            return self._channel.receive_event(timeout_s)
        except ValueError as problem:
            self._notify(Notify("not-understood", {"text": str(problem)}))
            return None


class SeveralConnections(Connection):
    """Several connections at once, such as those of one attendant to six lanes."""

    def __init__(self, connections: Sequence[Connection]) -> None:
        self._connections = connections

    @property
    def unanswered(self) -> int:
        return sum(connection.unanswered for connection in self._connections)

    def poll(self, timeout_s: float) -> None:
        for connection in self._connections:
            connection.poll(timeout_s / len(self._connections))
