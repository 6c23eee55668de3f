"""What a frame, a till's message or passing time leads to: messages to send and closed sales to record. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.till.messages import Data

if TYPE_CHECKING:
    from edge.decision.fusion import TrackAge
    from edge.offers.book import ResolvedOffer
    from edge.records.records import SaleRecord
    from edge.till.messages import BasketLine

NO_TILL = ""
"""The till of a sale that was opened by a customer entering the zone."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to send. is_reply: it goes only to the till whose message it answers; others are published. till: the
    till that an alert, its withdrawal or an offer is for; NO_TILL when the zone opened the sale."""

    data: Data
    is_reply: bool = False
    till: str = NO_TILL


@dataclass(frozen=True, slots=True)
class Closed:
    """A till's sale has ended; this is recorded. basket: what was sold, None when the till did not close the sale. age:
    the customer's, None when it was never certain whose age it is. offer: the result of the sale's offer, None when no
    rule matched."""

    record: SaleRecord
    basket: tuple[BasketLine, ...] | None = None
    age: TrackAge | None = None
    offer: ResolvedOffer | None = None


Outcome = OutgoingMessage | Closed
