"""What a till session asks of the program around it: write this down, send this, tell this. In the order given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from edge.till.envelope import Event
from edge.till.messages import Id

OfferAnswer = Literal["taken", "refused"]


class Entry(BaseModel):
    """A line of the till's journal; exactly one of these.

    sent: a message of the cashier's doing. heard: an alert, the news that one expired, or an offer. answered: the id of
    a message that needs no repeating any more. scanned: sku of an item. offer: what the customer says to it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sent: Event | None = None
    heard: Event | None = None
    answered: Id | None = None
    scanned: Id | None = None
    offer: OfferAnswer | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """To be on disk before anything else is done."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Send:
    event: Event


@dataclass(frozen=True, slots=True)
class Tell:
    """Something happened that the cashier, or whoever reads along, may want to know."""

    event: str
    details: dict[str, Any] = field(default_factory=dict)


Step = Keep | Send | Tell
