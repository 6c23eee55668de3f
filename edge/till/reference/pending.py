"""Messages that the agent has not answered yet. The first one is sent and resent until it is answered. Pure.

Sending one message at a time keeps their order on any network, and does not flood an agent that comes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.till.envelope import Event

RESEND_AFTER_S = (1.0, 2.0, 4.0, 5.0)
"""Pauses before the first, second, ... resend; the last one holds for all further ones."""

MAX_PENDING = 150
"""A till that is offline longer drops its oldest messages, whose sales ended long ago. An agent accepts 200 at once."""

UNREADABLE_AFTER = 3
"""A message is given up after so many errors that name no message: the agent cannot read even its id. It would be
resent forever, and hold up those behind it."""


class PendingMessages:
    """A queue whose first message is being sent."""

    def __init__(self) -> None:
        self._queue: list[Event] = []
        self._times_sent = self._unnamed_errors = 0
        self._next_s = 0.0

    def __iter__(self) -> Iterator[Event]:
        return iter(tuple(self._queue))

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, event: Event) -> None:
        """Put a message at the end. Drops the second message when there are more than MAX_PENDING."""
        self._queue.append(event)
        if len(self._queue) == 1:
            self._first_is_new()
        if len(self._queue) > MAX_PENDING:
            # The first message is being sent.
            del self._queue[1]

    def add_first(self, event: Event) -> None:
        """Put a message at the front. The message that was being sent is sent again after it."""
        self._queue.insert(0, event)
        self._first_is_new()

    def remove_answered(self, message_id: str | None) -> Event | None:
        """Remove and return the message with this id, None when it is not pending."""
        for number, event in enumerate(self._queue):
            if event.id == message_id:
                del self._queue[number]
                if number == 0:
                    self._first_is_new()
                return event
        return None

    def remove_unreadable(self) -> Event | None:
        """After an error that names no message: remove and return the first message if it had UNREADABLE_AFTER."""
        self._unnamed_errors += 1
        if not self._queue or self._unnamed_errors < UNREADABLE_AFTER:
            return None
        return self.remove_answered(self._queue[0].id)

    def remove_type(self, type: str) -> None:
        """Remove every message of a type."""
        first = self._queue[:1]
        self._queue = [event for event in self._queue if event.type != type]
        if self._queue[:1] != first:
            self._first_is_new()

    def take_ready(self, now_s: float) -> Event | None:
        """The message to send or resend now, None when there is none. Schedules its next time."""
        if not self._queue or (self._times_sent and now_s < self._next_s):
            return None
        self._next_s = now_s + RESEND_AFTER_S[min(self._times_sent, len(RESEND_AFTER_S) - 1)]
        self._times_sent += 1
        return self._queue[0]

    def _first_is_new(self) -> None:
        self._times_sent = self._unnamed_errors = 0
