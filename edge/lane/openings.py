"""What an opening and a suspension do to the sales of a lane. Pure but for the sales it is given."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edge.lane.checks import check_record
from edge.lane.endings import end, is_given_up, revise, set_waiting
from edge.lane.known_sales import same_day
from edge.lane.outgoing import withdrawal
from edge.lane.sale import Sale, new_sale
from edge.lane.till_message import Handled, TillMessage
from edge.till.messages import SaleReference

if TYPE_CHECKING:
    from edge.lane.known_sales import KnownSales
    from edge.lane.outcomes import Outcome, OutgoingMessage
    from edge.lane.rules import LaneRules
    from edge.till.messages import SaleOpened, SaleSuspended


def open_sale(known: KnownSales, rules: LaneRules, message: TillMessage, data: SaleOpened) -> Handled:
    """A till opens a sale, repeats that, or resumes one. Another sale that it has open is set aside."""
    current = known.open_of(message.till)
    # A till repeats this when our reply was lost. What was scanned since must stay.
    if current and current.sale_id == data.sale_id:
        known.put(current.message_received(message.now_s))
        return Handled([message.ack()], decide_now=True)
    over = known.over((message.till, data.sale_id), message.now_s, message.at)
    if over and same_day(over.record, message.at) and not is_given_up(over.record):
        text = f"sale {data.sale_id} is over: do not repeat this, and give a new sale a new id"
        return Handled([message.error("sale-over", text, data.sale_id)])
    outcomes: list[Outcome] = [message.ack()]
    if current:
        known.remove(message.till)
        outcomes += set_waiting(known, current.set_aside("interrupted", message.now_s, message.at), message)
    known.put(_begun(known, rules, message, data))
    return Handled(outcomes, opened=True, decide_now=True)


def suspend_sale(known: KnownSales, rules: LaneRules, message: TillMessage, data: SaleSuspended) -> Handled:
    """A till sets its sale aside, repeats that, or reports that another lane has resumed it."""
    sale = known.take(message.till, data.sale_id)
    if sale is None:
        over = known.over((message.till, data.sale_id), message.now_s, message.at)
        if over and data.resumed_as and over.record.resumed_as is None:
            return Handled([message.ack(), revise(known, over.record, message, resumed_as=data.resumed_as)])
        return Handled([message.ack() if over else not_open(known, message, data.sale_id)])
    outcomes: list[Outcome] = [message.ack()]
    if sale.prompts:
        outcomes.append(withdrawal(rules, sale, message.at))
    if data.resumed_as:
        record = sale.closed("suspended", None, message.at)
        outcomes.append(end(known, record.model_copy(update={"resumed_as": data.resumed_as}), message, age=sale.age))
    else:
        outcomes += set_waiting(known, sale.set_aside("suspended", message.now_s, message.at), message)
    return Handled(outcomes)


def not_open(known: KnownSales, message: TillMessage, sale_id: str) -> OutgoingMessage:
    """The error for a message about a sale that its till does not have open."""
    over = known.over((message.till, sale_id), message.now_s, message.at)
    if over and not is_given_up(over.record):
        return message.error("sale-over", f"sale {sale_id} is over: do not repeat this", sale_id)
    return message.error("no-such-sale", f"sale {sale_id} is not open: send lane.sale.opened first", sale_id)


def _begun(known: KnownSales, rules: LaneRules, message: TillMessage, data: SaleOpened) -> Sale:
    source = data.resumes or SaleReference(sale_id=data.sale_id)
    key = (source.till or message.till, source.sale_id)
    here = source.lane in (None, rules.settings.lane)
    waiting = known.waiting_sale(key) if here else None
    if waiting and (data.resumes or same_day(waiting.record, message.at)):
        known.take(*key)
        return _resumed(waiting, rules, message, data)
    over = known.over(key, message.now_s, message.at) if here else None
    if over and is_given_up(over.record) and over.record.resumed_as is None:
        ended = {"ended": None, "closed_at": None, "closed_by": None, "revision": over.record.revision + 1}
        sale = Sale(over.record.model_copy(update=ended), message.now_s, scanned_skus=over.record.restricted_skus)
        resumed = _resumed(sale, rules, message, data)
        known.continue_over(resumed.record)
        return resumed
    sale = new_sale(rules, data.sale_id, message.till, message.now_s, message.at)
    update: dict[str, object] = {
        "opened_by": data.cashier_id, "training": data.training, "till_opened_at": message.said_at
    }  # fmt: skip
    if data.resumes:
        update["resumed_from"] = SaleReference(sale_id=source.sale_id, till=source.till, lane=source.lane)
        if data.resumes.check:
            check = check_record(data.resumes.check, key[0], message.at, sale.record, rules, carried=not here)
            update["checks"] = (check,)
    return replace(sale, record=sale.record.model_copy(update=update))


def _resumed(waiting: Sale, rules: LaneRules, message: TillMessage, data: SaleOpened) -> Sale:
    record = waiting.record
    update: dict[str, object] = {"opened_by": record.opened_by or data.cashier_id}
    if record.waiting == "announced":
        update |= {"opened_at": message.at, "suspended_at": None, "training": data.training}
    elif (record.till, record.sale_id) != (message.till, data.sale_id):
        lane = rules.settings.lane
        update["resumed_from"] = SaleReference(sale_id=record.sale_id, till=record.till, lane=lane)
    waiting = replace(waiting, record=record.model_copy(update=update))
    return waiting.resumed(data.sale_id, message.till, message.now_s)
