"""How far the clocks of tills are ahead of the box's, from the times in their messages. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.till.messages import Ack, Hello

if TYPE_CHECKING:
    from collections.abc import Container
    from datetime import datetime

    from edge.till.reading import ReceivedMessage

NOTED_S = 1.0
"""Smaller changes are not worth a write to the disk."""


class TillSkews:
    """The connected tills' clocks. Another thread may read `ahead_s`: it is replaced, never changed."""

    def __init__(self) -> None:
        self.ahead_s: dict[str, float] = {}
        """By till, in seconds; negative for a clock that is behind."""
        self._noted: dict[str, float] = {}

    def note(self, till: str, message: ReceivedMessage, at: datetime) -> None:
        """A message has come at this time of the box. Only greetings and confirmations count, which a till sends as
        soon as it writes them: other messages may have waited for a connection."""
        if message.time is not None and isinstance(message.content, Hello | Ack):
            self.ahead_s = {**self.ahead_s, till: round((message.time - at).total_seconds(), 3)}

    def keep_only(self, tills: Container[str]) -> None:
        """Forget the tills that are gone."""
        self.ahead_s = {till: ahead_s for till, ahead_s in self.ahead_s.items() if till in tills}

    def take_changed(self) -> dict[str, float]:
        """Those that have changed since the last call, to be saved."""
        changed = {
            till: ahead_s
            for till, ahead_s in self.ahead_s.items()
            if till not in self._noted or abs(ahead_s - self._noted[till]) > NOTED_S
        }
        self._noted = {**{till: self._noted[till] for till in self._noted if till in self.ahead_s}, **changed}
        return changed
