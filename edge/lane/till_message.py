"""A message of a till as the lane handles it, and what it leads to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from edge.lane.outcomes import OutgoingMessage
from edge.till.messages import Ack, Error

if TYPE_CHECKING:
    from datetime import datetime

    from edge.lane.outcomes import Outcome
    from edge.till.messages import Data, ErrorCode


@dataclass(frozen=True, slots=True)
class TillMessage:
    """Who sent a message, its id, and when it was received: by the frames' clock, and by the box's clock. said_at: when
    it was written, by the till's clock, which decides nothing."""

    till: str
    id: str
    now_s: float
    at: datetime
    said_at: datetime | None = None

    def ack(self) -> OutgoingMessage:
        """Confirms the message."""
        return OutgoingMessage(Ack(message_id=self.id), is_reply=True)

    def fingerprint(self, data: Data) -> str:
        """The same each time that the till sends this message, also to an agent that was restarted."""
        return sha256(f"{self.till} {self.id} {data.type} {data.model_dump_json()}".encode()).hexdigest()[:16]

    def error(self, code: ErrorCode, text: str, sale_id: str | None = None) -> OutgoingMessage:
        """Rejects the message."""
        return OutgoingMessage(Error(code=code, text=text, message_id=self.id, sale_id=sale_id), is_reply=True)


@dataclass(frozen=True, slots=True)
class Handled:
    """The result of a till's message. outcomes: the reply first, if there is one. opened: whether a sale began or was
    resumed. decide_now: whether the lane should decide at once, instead of at the next frame or tick."""

    outcomes: list[Outcome]
    opened: bool = False
    decide_now: bool = False
