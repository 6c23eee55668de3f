"""Messages that the agent has not answered yet: one is under way at a time, and it is repeated until it is answered.

One at a time keeps their order whatever the network loses, and cannot flood an agent that comes back. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.till.envelope import Event

REPEAT_AFTER_S = (1.0, 2.0, 4.0, 5.0)
"""Pauses between repeats; the last one stands for all that follow."""

MOST = 150
"""A till cut off for longer forgets the oldest, whose sales are long over; an agent takes 200 at once of a till."""


class Unanswered:
    """A queue whose first message is under way."""

    def __init__(self) -> None:
        self._waiting: list[Event] = []
        self._sent = 0
        self._next_s = 0.0

    def __iter__(self) -> Iterator[Event]:
        return iter(tuple(self._waiting))

    def add(self, event: Event) -> None:
        self._waiting.append(event)
        if len(self._waiting) > MOST:
            # Not the first: it is under way.
            del self._waiting[1]

    def put_first(self, event: Event) -> None:
        """Before everything else; what was under way is sent again after it."""
        self._waiting.insert(0, event)
        self._sent = 0

    def answered(self, message_id: str | None) -> Event | None:
        """Take out the message that an answer is for, None when it was for none of these."""
        for number, event in enumerate(self._waiting):
            if event.id == message_id:
                del self._waiting[number]
                self._sent = 0 if number == 0 else self._sent
                return event
        return None

    def drop(self, type: str) -> None:
        """Forget every message of a type."""
        first = self._waiting[:1]
        self._waiting = [event for event in self._waiting if event.type != type]
        self._sent = self._sent if self._waiting[:1] == first else 0

    def due(self, now_s: float) -> Event | None:
        """The message to send now, for the first time or again."""
        if not self._waiting or (self._sent and now_s < self._next_s):
            return None
        self._next_s = now_s + REPEAT_AFTER_S[min(self._sent, len(REPEAT_AFTER_S) - 1)]
        self._sent += 1
        return self._waiting[0]
