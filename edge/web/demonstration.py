"""A till for trying out a lane. It sells in a lane of its own beside the real one: the same code, faces and settings,
but nothing is recorded, no screen and no till hears of it, and a real till's sale ends it at once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from edge.errors import UsageError
from edge.lane.outcomes import OutgoingMessage
from edge.till.messages import Alert, IdChecked, RestrictedItem, SaleClosed, SaleOpened, Text
from edge.till.reference.catalogue import find
from edge.till.reference.sale import Screen, TillSale, screen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.frames import Frame
    from edge.lane.lane import Lane
    from edge.lane.outcomes import Outcome
    from edge.till.messages import CheckOutcome, Data
    from edge.vision.faces import Faces

NAME = "demonstration"

_FORGOTTEN_S = 30.0
"""A sale that nobody has looked at for so long is over: faces are not analysed for an empty chair."""

BUSY = Text(
    ru="Настоящая касса продаёт: демонстрация подождёт.", en="A real till has a sale open: the demonstration waits."
)
NOT_YET = Text(ru="Касса ещё запускается.", en="The lane is still starting.")


@dataclass(frozen=True, slots=True)
class TillView:
    """What the demonstration till shows. note: why it does not sell, if it does not. answered_s: from the scan to the
    first answer."""

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
        """What the cashier sees now."""
        self._watched_s = now_s
        note = BUSY if self._busy else self._note
        return TillView(self._sale, screen(self._sale, silent=False, now_s=now_s), note, self._answered_s)

    def scan(self, word: str, now_s: float) -> None:
        """An item by its name or number; the first one opens the sale. Raises UsageError for an item that there is
        not."""
        item = find(word)
        if not self._may_sell(now_s):
            return
        assert self._sale
        self._sale = self._sale.scanned(item, now_s)
        if item.restricted:
            self._say(RestrictedItem(sale_id=self._sale.sale_id, sku=item.sku), now_s)

    def check(self, outcome: CheckOutcome, now_s: float) -> None:
        """What asking for ID gave. Raises UsageError when no sale is open, as `close` does."""
        sale = self._open_sale()
        self._say(IdChecked(sale_id=sale.sale_id, outcome=outcome), now_s)
        self._sale = replace(sale, check=outcome)

    def close(self, now_s: float, *, completed: bool) -> None:
        """completed: False when what is restricted stays behind."""
        self._say(SaleClosed(sale_id=self._open_sale().sale_id, completed=completed), now_s)
        self._end()

    def should_sample(self, faces: Faces, frame: Frame) -> NDArray[np.bool_]:
        """bool (N,): which tracked faces it is time to look at."""
        return self.lane.should_sample(faces, frame) if self.lane else np.zeros(len(faces), bool)

    def observe(self, real: Lane, frame: Frame, faces: Faces, now_s: float) -> None:
        """Take in what the real lane saw."""
        self._make_way(real, now_s)
        if self.lane:
            self._take(self.lane.observe(faces, frame, now_s), now_s)

    def tick(self, real: Lane, now_s: float) -> None:
        """Take in that time has passed."""
        self._make_way(real, now_s)
        if self.lane:
            self._take(self.lane.tick(now_s), now_s)

    def _make_way(self, real: Lane, now_s: float) -> None:
        self._real, self._busy = real, real.open_record is not None
        if self.lane and (self._busy or now_s - self._watched_s > _FORGOTTEN_S):
            self._end()

    def _may_sell(self, now_s: float) -> bool:
        """Whether a sale is open now, if need be a new one."""
        self._note = NOT_YET if self._real is None else None
        if self._real is None or self._busy:
            return False
        if not self.lane:
            self.lane, self._answered_s, self._watched_s = self._real.fresh_copy(), None, now_s
            self._sale = TillSale(f"{NAME}-{uuid.uuid4()}")
            self._say(SaleOpened(sale_id=self._sale.sale_id), now_s)
        return True

    def _open_sale(self) -> TillSale:
        if self._sale is None:
            raise UsageError("no sale is open: scan something first")
        return self._sale

    def _end(self) -> None:
        self.lane = self._sale = None

    def _say(self, data: Data, now_s: float) -> None:
        assert self.lane
        self._take(self.lane.receive(NAME, str(uuid.uuid4()), data, now_s), now_s)

    def _take(self, outcomes: list[Outcome], now_s: float) -> None:
        for alert in [one.data for one in outcomes if isinstance(one, OutgoingMessage) and isinstance(one.data, Alert)]:
            assert self._sale
            until_s = now_s + (alert.expires_at - alert.issued_at).total_seconds()
            if self._sale.alert is None and self._sale.asked_s is not None:
                self._answered_s = now_s - self._sale.asked_s
            self._sale = replace(self._sale, alert=alert, until_s=until_s)
