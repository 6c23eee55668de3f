"""What a till must remember: the open sale, what the cashier did, and the alerts it received.

Every change is an `Entry`. Applying the saved entries again after a restart restores the state. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edge.decision.policy import Decision
from edge.till.messages import Alert, Error, IdChecked, Offer, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.catalogue import find_item
from edge.till.reference.sale import TillSale

if TYPE_CHECKING:
    from edge.till.identity import Identity
    from edge.till.messages import Data
    from edge.till.reference.link import Link
    from edge.till.reference.steps import Entry


class TillState:
    """The remembered state of a till. Times are of a monotonic clock."""

    def __init__(self, link: Link, identity: Identity) -> None:
        """link: gets the messages to send, and loses the answered ones."""
        self.sale: TillSale | None = None
        self.cashier_actions = 0
        """Actions since the state file began: sales opened, items scanned, checks, offers answered, sales closed."""
        self._link, self._identity = link, identity
        self._received: set[tuple[str, str | None]] = set()

    def knows(self, data: Alert | Error) -> bool:
        """Whether this alert, or the error that it expired, was received before."""
        return (data.type, data.alert_id) in self._received

    def apply(self, entry: Entry, now_s: float) -> None:
        """Change the state by one entry: a new one, or one of the state file after a restart."""
        if entry.answered:
            self._link.pending.remove_answered(entry.answered)
        if entry.scanned:
            self.cashier_actions += 1
            self.sale = self.sale and self.sale.with_item(find_item(entry.scanned), now_s)
        if entry.offer:
            self.cashier_actions += 1
            self.sale = self.sale and replace(self.sale, offer_outcome=entry.offer)
        if entry.sent:
            self._link.pending.add(entry.sent)
            self._apply_sent(entry.sent.content())
        if entry.heard:
            self._apply_received(entry.heard.content(), now_s)

    def why_not_shown(self, alert: Alert, now_s: float) -> str | None:
        """Why an alert must not be shown, None when it may be shown."""
        sale = self.sale
        if sale is None or sale.sale_id != alert.sale_id:
            return "other-sale"
        if sale.check:
            return "checked"
        if sale.alert and alert.issued_at < sale.alert.issued_at:
            return "newer-one-known"
        if self._identity.wall_time(now_s) >= alert.expires_at:
            return "expired"
        if alert.decision is Decision.NO_CHALLENGE and not self._link.clocks_agree:
            return "clocks-differ"
        return None

    def _apply_sent(self, data: Data) -> None:
        self.cashier_actions += not isinstance(data, RestrictedItem)
        if isinstance(data, SaleOpened):
            self.sale = TillSale(data.sale_id)
        elif isinstance(data, IdChecked):
            self.sale = self.sale and replace(self.sale, check=data.outcome)
        elif isinstance(data, SaleClosed):
            self.sale = None
            self._link.queue_basket(None)

    def _apply_received(self, data: Data, now_s: float) -> None:
        if isinstance(data, Offer) and self.sale and self.sale.sale_id == data.sale_id:
            self.sale = replace(self.sale, offer=data)
        if isinstance(data, Alert | Error):
            self._received.add((data.type, data.alert_id))
        if isinstance(data, Alert) and self.sale and not self.why_not_shown(data, now_s):
            left_s = (data.expires_at - self._identity.wall_time(now_s)).total_seconds()
            lasts_s = (data.expires_at - data.issued_at).total_seconds()
            self.sale = replace(self.sale, alert=data, alert_until_s=now_s + min(left_s, lasts_s))
