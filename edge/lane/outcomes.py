"""What follows from a frame, a message or the passing of time: what is told, and what is kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.till.messages import Data

if TYPE_CHECKING:
    from edge.decision.fusion import TrackAge
    from edge.offers.book import ResolvedOffer
    from edge.records.records import SaleRecord
    from edge.till.messages import BasketLine

NOBODY = ""
"""The till of a sale that the zone opened."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """Something to tell: to everybody who listens, or, as an answer, to the one till that asked."""

    data: Data
    only_to_asker: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """A till's sale is over; this is what is kept of it. basket: what was sold, None when the till has not said how the
    sale ended. age: the customer's, None when it was never certain enough whose it is. offer: what became of the one
    that fitted, None when none did."""

    record: SaleRecord
    basket: tuple[BasketLine, ...] | None = None
    age: TrackAge | None = None
    offer: ResolvedOffer | None = None


Outcome = OutgoingMessage | Closed
