"""Counts what tills and browsers have sent in vain, logs it now and then, and notes it for the doctor."""

from __future__ import annotations

import logging
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edge.commands import visible
from edge.till.messages import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Sequence

TillRejection = Literal[
    "no name", "unknown key", "revoked key", "another's name", "too many tills", "too fast", "topics"
]
"""Why a till's socket rejected a message or a connection."""
RejectionReason = TillRejection | ErrorCode | Literal["wrong token"]
"""Why a till's socket or the setup page rejected a message or a connection; a code is that of the `lane.error` that
answered a message."""
DROPPED = "dropped"
"""Stands for the reason when a message was used without some of its parts."""

_LOG_EVERY_S = 10.0
_MOST_NOTES = 50
"""More pairs of client and reason are counted, but not noted."""
_MOST_SHOWN = 300
"""At most this many characters of an explanation are logged and noted."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class RejectionNote:
    """For people: how often something of a client was rejected for a reason, and the last explanation."""

    times: int
    explanation: str


class Rejections:
    """Counts rejected messages and connections, and dropped parts of messages. Logs each reason every _LOG_EVERY_S at
    most, so that a flood does not fill the disk. Only one thread may add."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        """Rejected messages and connections, by reason."""
        self.dropped: Counter[str] = Counter()
        """Dropped parts, by type of message."""
        self._logged_s: dict[str, float] = {}
        self._notes: dict[tuple[str, str], RejectionNote] = {}

    def add(self, reason: str, client: str, explanation: str) -> None:
        """reason: a RejectionReason; the label in the metrics. client, explanation: for people, what is wrong and how
        to fix it."""
        self.counts[reason] += 1
        if self._note(reason, client, explanation):
            log.warning(
                "rejected %s: %s (%d times so far)",
                visible(client), visible(explanation[:_MOST_SHOWN]), self.counts[reason],
            )  # fmt: skip

    def add_dropped(self, client: str, message: str, parts: Sequence[str]) -> None:
        """A message was used without some of its parts. message: its type. parts: their names."""
        self.dropped[message] += len(parts)
        explanation = f"{message}: cannot use {', '.join(parts[:_MOST_SHOWN])}"
        if self._note(DROPPED, client, explanation):
            log.warning("a part of a message of %s is ignored: %s", visible(client), explanation[:_MOST_SHOWN])

    def take_notes(self) -> dict[tuple[str, str], RejectionNote]:
        """What was added since the last call, by client and reason (or DROPPED)."""
        notes, self._notes = self._notes, {}
        return notes

    def _note(self, reason: str, client: str, explanation: str) -> bool:
        """Note it, and return whether to log it now."""
        client, explanation = visible(client), visible(explanation[:_MOST_SHOWN])
        if (note := self._notes.get((client, reason))) is not None:
            note.times += 1
            note.explanation = explanation
        elif len(self._notes) < _MOST_NOTES:
            self._notes[client, reason] = RejectionNote(1, explanation)
        now_s = time.monotonic()
        if now_s - self._logged_s.get(reason, -_LOG_EVERY_S) < _LOG_EVERY_S:
            return False
        self._logged_s[reason] = now_s
        return True
