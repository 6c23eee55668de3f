"""Publishes a lane's messages, from tills and from replays alike: to the event log, to screens, and to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from edge.lane.events import log_alert
from edge.lane.outcomes import OutgoingMessage
from edge.till.envelope import wrap
from edge.till.messages import Alert, Offer, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from edge.lane.events import EventLog
    from edge.lane.outcomes import Outcome
    from edge.settings.config import Settings
    from edge.till.envelope import Event
    from edge.till.identity import Identity
    from edge.till.messages import Data
    from edge.till.server import TillServer


def source_of(settings: Settings) -> str:
    """The `source` of a lane's events: a URI-reference that no other lane of a chain has. Its last part is the lane."""
    return "/".join(("/edge-agent", *(quote(name, safe="") for name in (settings.store, settings.box, settings.lane))))


@dataclass(frozen=True, slots=True)
class WrappedMessage:
    """A message and the CloudEvent that carries it. is_reply, till: as of `OutgoingMessage`."""

    data: Data
    event: Event
    is_reply: bool
    till: str


class Publisher:
    """Call it from one thread. Times are those of the frames' clock."""

    def __init__(
        self, settings: Settings, identity: Identity, events: EventLog, server: TillServer | None = None,
        announce: Callable[[Alert], None] = log_alert,
    ) -> None:  # fmt: skip
        """settings: the lane's. server: has the live channel for screens, None in a replay. announce: shows an alert to
        people."""
        self._lane, self._identity, self._source = settings.lane, identity, source_of(settings)
        self._events, self._server, self._announce = events, server, announce

    def wrap(self, data: Data, now_s: float) -> Event:
        """A message as a CloudEvent with a new id."""
        return wrap(data, id=self._identity.new_id(), source=self._source, time=self._identity.wall_time(now_s))

    def wall_time(self, now_s: float) -> datetime:
        """The time of day for a time of the frames' clock."""
        return self._identity.wall_time(now_s)

    def wrap_all(self, outcomes: Iterable[Outcome], now_s: float) -> list[WrappedMessage]:
        """The messages among some outcomes, in order."""
        return [
            WrappedMessage(message.data, self.wrap(message.data, now_s), message.is_reply, message.till)
            for message in outcomes
            if isinstance(message, OutgoingMessage)
        ]

    def publish(self, message: WrappedMessage) -> None:
        """Write a message to the event log, send it to screens, and announce it if it is an alert. An offer is for its
        till alone and goes to no screen."""
        self._events.write(message.event)
        if isinstance(message.data, Offer):
            return
        if self._server:
            topic = "state" if isinstance(message.data, State) else "alert"
            self._server.publish(f"lane.{topic}.{self._lane}", message.event)
        if isinstance(message.data, Alert):
            self._announce(message.data)

    def publish_all(self, outcomes: Iterable[Outcome], now_s: float) -> None:
        """Publish all messages of a lane that has no tills."""
        for message in self.wrap_all(outcomes, now_s):
            self.publish(message)
