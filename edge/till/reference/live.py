"""A till session on a real connection: keeps, sends and tells what the session says, in that order."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from edge.till.reference.steps import Keep, Send, Tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edge.till.envelope import Event
    from edge.till.reference.dealer import Till
    from edge.till.reference.sent import SentLog
    from edge.till.reference.session import TillSession
    from edge.till.reference.steps import Step

_LOOK_EVERY_S = 0.05
"""How often time alone is asked what it brings: repeats, silence, and prompts whose time is up."""


class LiveTill:
    """Not thread-safe: call everything from one thread, and `serve` at least each second."""

    def __init__(
        self, session: TillSession, channel: Till, journal: SentLog | None, tell: Callable[[Tell], None]
    ) -> None:
        """Reports for work at once. tell: gets everything that happens."""
        self.session = session
        self._channel, self._journal, self._tell = channel, journal, tell
        self.do(session.start(time.monotonic(), journal.entries if journal else ()))

    def do(self, steps: Iterable[Step]) -> None:
        """What the session asks for. What must be on disk is there before the first word leaves the till."""
        steps = list(steps)
        entries = [step.entry for step in steps if isinstance(step, Keep)]
        if entries and self._journal:
            self._journal.write(entries)
        for step in steps:
            if isinstance(step, Send):
                # Without a connection nothing is lost: what is not answered is sent again.
                self._channel.send_event(step.event)
            elif isinstance(step, Tell):
                self._tell(step)

    def serve(self, seconds: float) -> None:
        """Hear the agent for some time."""
        self.serve_until(lambda: False, seconds)

    def serve_until(self, come: Callable[[], bool], within_s: float) -> bool:
        """Hear the agent until something has come about; whether it has, in time."""
        end_s = time.monotonic() + within_s
        while not come():
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                return False
            self.look(min(left_s, _LOOK_EVERY_S))
        return True

    def look(self, timeout_s: float) -> None:
        """One message, if there is any in time, and whatever is due."""
        event = self._receive(timeout_s)
        now_s = time.monotonic()
        self.do(self.session.hear(event, now_s) if event else self.session.tick(now_s))

    def _receive(self, timeout_s: float) -> Event | None:
        try:
            return self._channel.receive_event(timeout_s)
        except ValueError as problem:
            self._tell(Tell("not-understood", {"text": str(problem)}))
            return None
