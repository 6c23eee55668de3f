"""What a reported ID check does to the sales of a lane: to an open one, one to come, or one just closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.lane.endings import revise, set_waiting
from edge.lane.known_sales import LATE_CHECK_S
from edge.lane.outcomes import OutgoingMessage
from edge.lane.sale import new_sale
from edge.lane.till_message import Handled, TillMessage
from edge.records.records import CheckRecord, SaleRecord

if TYPE_CHECKING:
    from datetime import datetime

    from edge.lane.known_sales import KnownSales, SaleKey
    from edge.lane.rules import LaneRules
    from edge.lane.tills import Tills
    from edge.till.messages import CheckResult, IdChecked


def note_check(known: KnownSales, tills: Tills, rules: LaneRules, message: TillMessage, data: IdChecked) -> Handled:
    """Note a check with its sale. A check for a sale that is not known yet waits for it."""
    key = _sale_of(known, tills, message, data)
    if isinstance(key, OutgoingMessage):
        return Handled([key])

    def checked(record: SaleRecord) -> CheckRecord:
        return check_record(data, message.till, message.at, record, rules)

    sale = known.open_of(key[0])
    if sale and sale.sale_id == data.sale_id:
        known.put(sale.message_received(message.now_s).checked(checked(sale.record)))
        return Handled([message.ack()], decide_now=True)
    if waiting := known.waiting_sale(key):
        known.put_waiting(waiting.checked(checked(waiting.record)))
        return Handled([message.ack()])
    if over := known.over(key, message.now_s, message.at):
        if message.now_s - over.over_s > LATE_CHECK_S:
            text = f"sale {data.sale_id} ended more than {LATE_CHECK_S / 60:.0f} minutes ago: the check comes too late"
            return Handled([message.error("sale-over", text, data.sale_id)])
        check = checked(over.record)
        if over.record.repeats_check(check):
            return Handled([message.ack()])
        return Handled([message.ack(), revise(known, over.record, message, checks=(*over.record.checks, check))])
    if data.till is None and (others := known.tills_with(data.sale_id)):
        return Handled([_not_own(message, data, ", ".join(others))])
    sale = new_sale(rules, data.sale_id, key[0], message.now_s, message.at)
    sale = sale.checked(checked(sale.record)).set_aside("announced", message.now_s, message.at)
    return Handled([message.ack(), *set_waiting(known, sale, message)])


def check_record(
    result: CheckResult, till: str, at: datetime, record: SaleRecord, rules: LaneRules, *, carried: bool = False
) -> CheckRecord:
    """A reported check as it is recorded. till: who reported it. carried: made at another lane."""
    return CheckRecord(
        outcome=result.outcome,
        at=at,
        till=till,
        cashier_id=result.cashier_id,
        means=result.means,
        authorised_by=result.authorised_by,
        minimum_age=result.minimum_age or record.minimum_age or rules.legal_age,
        carried=carried,
    )


def _sale_of(known: KnownSales, tills: Tills, message: TillMessage, data: IdChecked) -> SaleKey | OutgoingMessage:
    """The sale that a check is for, or the error reply. Only an attendant may report a check of another till."""
    if tills.role_of(message.till) == "till":
        if data.till in (None, message.till):
            return message.till, data.sale_id
        return _not_own(message, data, data.till)
    if data.till:
        return data.till, data.sale_id
    found = known.tills_with(data.sale_id)
    if len(found) == 1:
        return found[0], data.sale_id
    who = f"{' and '.join(found)} have a sale {data.sale_id}" if found else f"no till has a sale {data.sale_id}"
    return message.error("no-such-sale", f"{who}: name the till of the sale in `till`", data.sale_id)


def _not_own(message: TillMessage, data: IdChecked, owner: str) -> OutgoingMessage:
    text = f"the sale is one of {owner}: only an attendant reports checks for other tills (role in lane.hello)"
    return message.error("not-allowed", text, data.sale_id)
