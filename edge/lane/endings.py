"""How sales of a lane end: closed by their till, given up, or ended before and revised."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from edge.lane.outcomes import Closed
from edge.lane.restricted import has_restricted, says_what_is_sold
from edge.lane.sale import Sale, new_sale
from edge.lane.till_message import Handled, TillMessage

if TYPE_CHECKING:
    from edge.decision.fusion import TrackAge
    from edge.lane.known_sales import KnownSales
    from edge.lane.outcomes import Outcome
    from edge.lane.rules import LaneRules
    from edge.records.records import Ended, SaleRecord
    from edge.till.messages import BasketLine, SaleClosed

log = logging.getLogger(__name__)


def close_sale(known: KnownSales, rules: LaneRules, message: TillMessage, data: SaleClosed) -> Handled:
    """A till closes its sale, or repeats that."""
    sale = known.take(message.till, data.sale_id)
    if sale is None:
        return Handled([message.ack(), *_close_again(known, rules, message, data)])
    record = sale.closed(_how_ended(sale, data.completed, data.basket), data.cashier_id, message.at)
    record = record.model_copy(update={"till_closed_at": message.said_at})
    result = None
    if (book := rules.offers) and sale.offered:
        sold = data.basket or (sale.basket if data.completed else ())
        result = book.resolve(sale.offered, data.offer, sold or None)
    known.put_over(record, message.now_s)
    return Handled([message.ack(), Closed(record, data.basket, sale.age, result)])


def give_up(known: KnownSales, sale: Sale, message: TillMessage) -> list[Outcome]:
    """End a sale that its till did not close. A check before a sale that never came is dropped."""
    if sale.record.waiting == "announced":
        log.warning("an ID check of %s is not used: its sale %s was never opened", sale.till, sale.sale_id)
        return []
    ended: Ended = "suspended" if sale.record.waiting == "suspended" else "abandoned"
    return [end(known, sale.closed(ended, None, message.at), message, age=sale.age)]


def set_waiting(known: KnownSales, sale: Sale, message: TillMessage) -> list[Outcome]:
    """Let a sale wait. When too many wait, the oldest one ends."""
    oldest = known.put_waiting(sale)
    return give_up(known, oldest, message) if oldest else []


def end(known: KnownSales, record: SaleRecord, message: TillMessage, age: TrackAge | None = None) -> Closed:
    """A sale is over without a basket."""
    known.put_over(record, message.now_s)
    return Closed(record, None, age)


def revise(known: KnownSales, record: SaleRecord, message: TillMessage, **changes: object) -> Closed:
    """A new record of a sale that is over; it replaces the one before."""
    revised = record.model_copy(update={**changes, "revision": record.revision + 1})
    known.put_over(revised, message.now_s)
    return Closed(revised)


def is_given_up(record: SaleRecord) -> bool:
    """Whether a sale ended without its till, so that it may still be closed or opened again. One that was resumed under
    another name on this lane ends there."""
    there = record.resumed_as
    return record.ended in ("abandoned", "suspended") and (there is None or there.lane != record.lane)


def _how_ended(sale: Sale, completed: bool, basket: tuple[BasketLine, ...]) -> Ended:
    """How a sale that its till closes has ended. basket: as sent with the end; may be empty.

    The last basket decides, because every till reads `completed` as "paid". Without a basket, the items decide that
    were scanned and not removed.
    """
    if not completed:
        return "cancelled"
    asked = sale.record.restricted_at is not None
    last = basket or (sale.basket if sale.basket_current or not asked else ())
    if has_restricted(last, sale.scanned_skus):
        return "completed" if asked else "not-asked"
    nothing_left = says_what_is_sold(last) or not sale.record.restricted
    return "withdrawn" if asked and nothing_left else "completed"


def _close_again(known: KnownSales, rules: LaneRules, message: TillMessage, data: SaleClosed) -> list[Outcome]:
    """The close of a sale that is not open. It may be a repeat, because our reply was lost; the end of a sale that was
    given up; or the end of one that was never opened, which is recorded if something restricted was sold."""
    # A till that was off for a night repeats what it could not send; that must not accuse anybody.
    over = known.last_over((message.till, data.sale_id))
    if over and not is_given_up(over.record):
        return []
    if over:
        sale = Sale(over.record, message.now_s, scanned_skus=over.record.restricted_skus)
        ended = _how_ended(sale, data.completed, data.basket)
        return [revise(known, over.record, message, ended=ended, closed_by=data.cashier_id, closed_at=message.at)]
    if not data.completed or not has_restricted(data.basket, ()):
        return []
    sale = new_sale(rules, data.sale_id, message.till, message.now_s, message.at)
    record = sale.closed("not-asked", data.cashier_id, message.at)
    known.put_over(record, message.now_s)
    return [Closed(record, data.basket)]
