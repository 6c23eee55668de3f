"""Remembers the replies to tills' messages, so that a repeated message gets the same reply and is handled once."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.till.envelope import Event
    from edge.till.messages import Error
    from edge.till.reading import ReceivedMessage

REPLY_KEPT_S = 3600.0
"""A till whose ids begin anew every day sends no repeat. The lane handles a later repeat, and it changes nothing."""
_MOST_REPLIES = 512


class SentReplies:
    """A repeat has the same till, id and content. Times are those of the frames' clock."""

    def __init__(self) -> None:
        self._replies: OrderedDict[tuple[str, int], tuple[Event, float]] = OrderedDict()

    def find(self, till: str, message: ReceivedMessage | Error, now_s: float) -> Event | None:
        """The reply to this message, if it was sent lately."""
        reply, at_s = self._replies.get((till, hash(message)), (None, 0.0))
        return reply if now_s - at_s < REPLY_KEPT_S else None

    def add(self, till: str, message: ReceivedMessage | Error, reply: Event, now_s: float) -> None:
        self._replies[till, hash(message)] = reply, now_s
        if len(self._replies) > _MOST_REPLIES:
            self._replies.popitem(last=False)
