"""The steps that a till session asks its program to perform, in the given order: save, send, notify."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from edge.till.envelope import Event
from edge.till.messages import Id

OfferAnswer = Literal["taken", "refused"]
"""The customer's answer to an offer."""


class Entry(BaseModel):
    """A line of the till's state file. Exactly one field is set.

    sent: a message about an action of the cashier. heard: a received alert, error about an expired alert, or offer.
    answered: the id of a message that need not be resent. scanned: the sku of an item. offer: the customer's answer to
    the offer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sent: Event | None = None
    heard: Event | None = None
    answered: Id | None = None
    scanned: Id | None = None
    offer: OfferAnswer | None = None


@dataclass(frozen=True, slots=True)
class Save:
    """Write an entry to the state file. Must be on disk before the first message of the same list is sent."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message to the agent."""

    event: Event


@dataclass(frozen=True, slots=True)
class Notify:
    """Report to the cashier or to a log that something happened. docs/till-protocol.md lists the events."""

    event: str
    details: dict[str, Any] = field(default_factory=dict)


Step = Save | Send | Notify
