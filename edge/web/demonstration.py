"""The demonstration till, for trying out a lane.

It sells on a second lane beside the real one, with the same code, faces and settings. Nothing is recorded, nothing is
sent to tills or screens, and a sale of a real till ends the demonstration at once.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from edge.errors import UsageError
from edge.lane.outcomes import OutgoingMessage
from edge.language.words import words
from edge.till.messages import Alert, CheckResult, IdChecked, RestrictedItem, SaleClosed, SaleOpened, Text
from edge.till.reference.catalogue import find_item
from edge.till.reference.sale import TillSale
from edge.till.reference.screen import Screen, screen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.frames import Frame
    from edge.lane.lane import Lane
    from edge.lane.outcomes import Outcome
    from edge.till.messages import CheckOutcome, Data
    from edge.vision.faces import Faces

NAME = "demonstration"

_UNWATCHED_S = 30.0
"""A sale that nobody has watched for this long ends, so that faces are not analysed for a forgotten page."""

BUSY = Text(
    ru="На настоящей кассе открыта продажа: пробная касса ждёт.", en="A real till has a sale open: this till waits."
)
NOT_YET = Text(ru="Касса ещё запускается.", en="The lane is still starting.")


@dataclass(frozen=True, slots=True)
class TillView:
    """What the demonstration till shows. note: why it cannot sell now, if so. answered_s: from the scan to the first
    answer."""

    sale: TillSale | None
    screen: Screen
    note: Text | None
    answered_s: float | None


class Demonstration:
    """Not thread-safe. Times are those of the frames' clock."""

    def __init__(self) -> None:
        self.lane: Lane | None = None
        """The lane beside the real one; None while no sale is open."""
        self._real: Lane | None = None
        self._busy = False
        self._sale: TillSale | None = None
        self._note: Text | None = None
        self._answered_s: float | None = None
        self._watched_s = 0.0

    def show(self, now_s: float) -> TillView:
        """What the cashier sees now. Keeps the sale open: it counts as watched."""
        self._watched_s = now_s
        note = BUSY if self._busy else self._note
        return TillView(
            self._sale, screen(self._sale, silent=False, clocks_agree=True, now_s=now_s), note, self._answered_s
        )

    def scan(self, word: str, now_s: float) -> None:
        """Scan an item; the first one opens the sale. word: its name or number. Raises UsageError for an unknown
        item."""
        item = find_item(word)
        if not self._may_sell(now_s):
            return
        assert self._sale
        self._sale = self._sale.with_item(item, now_s)
        if item.restricted:
            message = RestrictedItem(sale_id=self._sale.sale_id, sku=item.sku, minimum_age=item.minimum_age)
            self._send(message, now_s)

    def check(self, outcome: CheckOutcome, now_s: float) -> None:
        """Report the outcome of an ID check. Raises UsageError when no sale is open."""
        sale = self._open_sale()
        check = CheckResult(outcome=outcome, minimum_age=sale.stated_age)
        self._send(IdChecked(sale_id=sale.sale_id, **check.model_dump()), now_s)
        self._sale = sale.with_check(check)

    def close(self, now_s: float, *, completed: bool) -> None:
        """Close the sale. completed: False when the restricted items were not sold. Raises UsageError when no sale is
        open."""
        self._send(SaleClosed(sale_id=self._open_sale().sale_id, completed=completed), now_s)
        self._end()

    def should_sample(self, faces: Faces, frame: Frame) -> NDArray[np.bool_]:
        """bool (N,): which tracked faces to sample now."""
        return self.lane.should_sample(faces, frame) if self.lane else np.zeros(len(faces), bool)

    def observe(self, real: Lane, frame: Frame, faces: Faces, now_s: float) -> None:
        """Handle a frame that the real lane has handled."""
        self._follow(real, now_s)
        if self.lane:
            self._handle(self.lane.observe(faces, frame, now_s), now_s)

    def tick(self, real: Lane, now_s: float) -> None:
        """Handle the time that has passed without a frame."""
        self._follow(real, now_s)
        if self.lane:
            self._handle(self.lane.tick(now_s), now_s)

    def _follow(self, real: Lane, now_s: float) -> None:
        """Remember the real lane; end the sale when a real sale has opened or nobody watches."""
        self._real, self._busy = real, bool(real.open_sales)
        if self.lane and (self._busy or now_s - self._watched_s > _UNWATCHED_S):
            self._end()

    def _may_sell(self, now_s: float) -> bool:
        """Whether a sale is open now; opens one if possible."""
        self._note = NOT_YET if self._real is None else None
        if self._real is None or self._busy:
            return False
        if not self.lane:
            self.lane, self._answered_s, self._watched_s = self._real.fresh_copy(), None, now_s
            self._sale = TillSale(f"{NAME}-{uuid.uuid4()}")
            self._send(SaleOpened(sale_id=self._sale.sale_id), now_s)
        return True

    def _open_sale(self) -> TillSale:
        if self._sale is None:
            raise UsageError(words("no sale is open: scan an item first"))
        return self._sale

    def _end(self) -> None:
        self.lane = self._sale = None

    def _send(self, data: Data, now_s: float) -> None:
        """Send a message from the till to the demonstration lane."""
        assert self.lane
        self._handle(self.lane.receive(NAME, str(uuid.uuid4()), data, now_s), now_s)

    def _handle(self, outcomes: list[Outcome], now_s: float) -> None:
        """Put the lane's alerts on the till's screen."""
        messages = [outcome.data for outcome in outcomes if isinstance(outcome, OutgoingMessage)]
        for alert in [data for data in messages if isinstance(data, Alert)]:
            assert self._sale
            until_s = now_s + (alert.expires_at - alert.issued_at).total_seconds()
            if self._sale.alert is None and self._sale.restricted_s is not None:
                self._answered_s = now_s - self._sale.restricted_s
            self._sale = replace(self._sale.with_alert(alert, until_s), alert_seen=True)
