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
    """A line of the till's state file: one action or event.

    sent: a message about an action of the cashier. heard: a received alert, withdrawal, error about an expired alert,
    or offer. answered: the id of a message that need not be resent. scanned, removed: the sku of an item. items: what
    is in the basket of a sale that another till had begun. cashier: who sells now. offer: the customer's answer to the
    offer.
    lane: the address of the lane that the line is about, for an attendant of several lanes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sent: Event | None = None
    heard: Event | None = None
    answered: Id | None = None
    scanned: Id | None = None
    removed: Id | None = None
    items: tuple[Id, ...] | None = None
    cashier: Id | None = None
    offer: OfferAnswer | None = None
    lane: str | None = None


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
