"""Runs a till session on a real connection: performs its steps and passes it received messages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from edge.till.reference.steps import Notify, Save, Send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edge.till.envelope import Event
    from edge.till.reference.dealer import Till
    from edge.till.reference.sent import SentLog
    from edge.till.reference.session import TillSession
    from edge.till.reference.steps import Step

_TICK_EVERY_S = 0.05
"""How often the session checks for resends, a silent agent, and expired prompts."""


class LiveTill:
    """Not thread-safe: call everything from one thread, and `run_for`, `run_until` or `poll` at least each second."""

    def __init__(
        self, session: TillSession, channel: Till, sent_log: SentLog | None, notify: Callable[[Notify], None]
    ) -> None:
        """Starts the session, which greets the agent. sent_log: None to save nothing. notify: called for every
        notification."""
        self.session = session
        self._channel, self._sent_log, self._notify = channel, sent_log, notify
        self.perform(session.start(time.monotonic(), sent_log.entries if sent_log else ()))

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

    def poll(self, timeout_s: float) -> None:
        """Wait for one message and handle it, or after the timeout perform what is due."""
        event = self._receive(timeout_s)
        now_s = time.monotonic()
        self.perform(self.session.receive(event, now_s) if event else self.session.tick(now_s))

    def _receive(self, timeout_s: float) -> Event | None:
        try:
            return self._channel.receive_event(timeout_s)
        except ValueError as problem:
            self._notify(Notify("not-understood", {"text": str(problem)}))
            return None
