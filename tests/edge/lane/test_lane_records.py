"""The records of sales: one for each sale, also after failures of the till, the customer leaving, or a restart."""

from __future__ import annotations

import pytest

from edge.decision.policy import Decision, Reason
from edge.lane.known_sales import SALE_SILENT_S
from edge.records.records import SaleRecord
from edge.till.messages import (
    Ack,
    AgeRestrictedItem,
    Error,
    Hello,
    IdChecked,
    ItemRemoved,
    RestrictedItem,
    ResumedSale,
    SaleBasket,
    SaleClosed,
    SaleOpened,
    SaleSuspended,
)
from tests.edge.driver import LaneDriver, drive
from tests.edge.people import Person

OPEN, SCAN = SaleOpened(sale_id="sale-1"), RestrictedItem(sale_id="sale-1")
CLOSE = SaleClosed(sale_id="sale-1", cashier_id="anna")


def test_a_sale_leaves_one_record_with_its_alert_and_check(sale: LaneDriver) -> None:
    sale.show(Person(age=20), frames=5)
    sale.receive(SCAN)
    sale.confirm(sale.alerts[0])
    sale.show(Person(age=20), frames=20)
    sale.receive(IdChecked(sale_id="sale-1", outcome="passed"))
    sale.receive(CLOSE)
    [record] = sale.records
    assert (record.sale_id, record.till, record.lane, record.cashier_id) == ("sale-1", "till-1", "lane-1", "anna")
    assert (record.decision, record.check, record.ended) == (Decision.CHALLENGE, "passed", "completed")
    [alert] = record.alerts
    assert (alert.alert_id, alert.age, alert.threshold) == (sale.alerts[0].alert_id, sale.alerts[0].age, 25)
    assert (alert.received_at, alert.expired) == (sale.alerts[0].issued_at, False)
    [check] = record.checks
    assert (check.at - record.opened_at).total_seconds() == pytest.approx(2.5, abs=0.01)
    assert record.model == "0123456789ab"


def test_a_record_names_the_store_and_the_box() -> None:
    sale = drive(mode="on-sale", store="hill", box="hill-03")
    sale.receive(OPEN)
    sale.receive(CLOSE)
    [record] = sale.records
    assert (record.store, record.box, record.lane) == ("hill", "hill-03", "lane-1")


def test_the_record_of_a_sale_without_restricted_items_has_no_restricted_at(sale: LaneDriver) -> None:
    sale.receive(CLOSE)
    assert [record.restricted_at for record in sale.records] == [None]


def test_a_sale_closed_as_not_completed_is_cancelled(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.receive(SaleClosed(sale_id="sale-1", completed=False))
    assert [record.ended for record in sale.records] == ["cancelled"]


def test_a_sale_that_is_set_aside_for_another_one_is_abandoned_an_hour_later(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.receive(SaleOpened(sale_id="sale-2"))
    sale.now_s += SALE_SILENT_S - 1
    sale.receive(SaleBasket(sale_id="sale-2", basket=()))
    assert sale.records == []
    sale.wait(2)
    assert [(record.sale_id, record.ended) for record in sale.records] == [("sale-1", "abandoned")]


def test_a_sale_is_abandoned_after_an_hour_without_messages(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.now_s += SALE_SILENT_S - 1
    sale.wait(0.5)
    assert sale.records == []
    sale.wait(1)
    assert [(record.sale_id, record.ended) for record in sale.records] == [("sale-1", "abandoned")]
    assert sale.lane.open_sales == ()


@pytest.mark.parametrize("message", [SCAN, IdChecked(sale_id="sale-1", outcome="passed")])
def test_messages_of_another_till_do_not_change_a_sale(message: RestrictedItem | IdChecked, sale: LaneDriver) -> None:
    sale.show(Person(age=50), frames=5)
    reply = sale.receive(message, till="till-2")
    assert isinstance(reply, Error)
    sale.wait(1)
    assert sale.alerts == []
    assert sale.open_record.check is None


def test_another_till_can_neither_close_a_sale_nor_confirm_its_alerts(sale: LaneDriver) -> None:
    sale.show(Person(age=50), frames=5)
    sale.receive(SCAN)
    sale.confirm(sale.alerts[0], till="till-2")
    sale.receive(CLOSE, till="till-2")
    assert sale.records == []
    assert sale.open_record.alerts[0].received_at is None


def test_closing_a_sale_twice_leaves_one_record(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    assert isinstance(sale.receive(CLOSE), Ack)
    assert isinstance(sale.receive(CLOSE), Ack)
    assert len(sale.records) == 1


def test_a_repeated_message_does_not_reopen_a_closed_sale(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    sale.receive(CLOSE)
    again = drive(mode="on-sale")
    again.lane.resume([], sale.records, 0.0)
    for lane in (sale, again):
        reply = lane.receive(OPEN)
        assert isinstance(reply, Error)
        text = "sale sale-1 is over: do not repeat this, and give a new sale a new id"
        assert (reply.code, reply.text) == ("sale-over", text)
        assert isinstance(lane.receive(OPEN, till="till-2"), Ack), "another till may use the same sale id"


@pytest.mark.parametrize("restarted", [False, True])
def test_a_scan_and_a_removal_that_are_sent_again_count_once(restarted: bool, sale: LaneDriver) -> None:
    beer, gone = RestrictedItem(sale_id="sale-1", sku="beer"), ItemRemoved(sale_id="sale-1", sku="beer")
    items = [(beer, "first"), (beer, "second"), (beer, "third"), (gone, "removal")]
    for message, message_id in items:
        sale.receive(message, message_id=message_id)
    again = drive(mode="on-sale")
    again.lane.resume([SaleRecord.model_validate_json(sale.open_record.model_dump_json())], [], 0.0)
    lane = again if restarted else sale
    for message, message_id in items:
        assert lane.receive(message, message_id=message_id) == Ack(message_id=message_id)
    assert lane.open_record.restricted == (AgeRestrictedItem(sku="beer", minimum_age=18),) * 2


def test_an_id_that_another_item_or_another_till_has_used_is_no_repeat(sale: LaneDriver) -> None:
    sale.receive(RestrictedItem(sale_id="sale-1", sku="beer"), message_id="1")
    sale.receive(RestrictedItem(sale_id="sale-1", sku="vodka"), message_id="1")
    resumed = SaleOpened(sale_id="sale-7", resumes=ResumedSale(sale_id="sale-1", till="till-1"))
    sale.receive(SaleSuspended(sale_id="sale-1"))
    sale.receive(resumed, till="till-2")
    sale.receive(RestrictedItem(sale_id="sale-7", sku="beer"), till="till-2", message_id="1")
    assert [item.sku for item in sale.open_record.restricted] == ["beer", "vodka", "beer"]


def test_what_the_log_keeps_has_no_trace_of_the_messages(sale: LaneDriver) -> None:
    sale.receive(SCAN)
    assert sale.open_record.item_messages
    sale.receive(CLOSE)
    assert "item_messages" not in sale.records[0].model_dump_json()


def test_an_abandoned_sale_can_be_opened_again(sale: LaneDriver) -> None:
    sale.receive(SaleOpened(sale_id="sale-2"))
    sale.receive(SaleClosed(sale_id="sale-2"))
    assert isinstance(sale.receive(OPEN), Ack)
    assert sale.open_record.sale_id == "sale-1"


def test_if_the_customer_left_before_the_scan_the_answer_is_unknown(sale: LaneDriver) -> None:
    sale.show(Person(age=50), frames=10)
    sale.show(frames=25)
    sale.receive(SCAN)
    sale.show(frames=10)
    assert [(alert.decision, alert.reasons) for alert in sale.alerts] == [("UNKNOWN", (Reason.CUSTOMER_LEFT,))]


def test_while_nothing_can_be_recorded_the_answer_is_unknown(sale: LaneDriver) -> None:
    sale.lane.set_recording(False)
    sale.show(Person(age=60), frames=10)
    sale.receive(SCAN)
    sale.show(Person(age=60), frames=10)
    assert [(alert.decision, alert.reasons) for alert in sale.alerts] == [("UNKNOWN", (Reason.NOT_RECORDED,))]


def test_a_no_challenge_becomes_unknown_when_recording_fails(sale: LaneDriver) -> None:
    sale.show(Person(age=60), frames=10)
    sale.receive(SCAN)
    sale.lane.set_recording(False)
    sale.show(Person(age=60))
    assert sale.decisions == ["NO_CHALLENGE", "UNKNOWN"]


def test_after_a_restart_an_open_sale_continues_with_unknown(sale: LaneDriver) -> None:
    sale.show(Person(age=60), frames=10)
    sale.receive(SCAN)
    again = drive(mode="on-sale")
    again.lane.resume([sale.open_record], [], 0.0)
    again.show(Person(age=60), frames=20)
    assert [(alert.sale_id, alert.decision, alert.reasons) for alert in again.alerts] == [
        ("sale-1", "UNKNOWN", (Reason.RESTARTED,))
    ]
    again.receive(CLOSE)
    assert [alert.decision for alert in again.records[0].alerts] == ["NO_CHALLENGE", "UNKNOWN"]


def test_a_till_that_missed_its_answer_gets_a_new_one_after_reconnecting(sale: LaneDriver) -> None:
    sale.show(Person(age=20), frames=10)
    sale.receive(SCAN)
    sale.lane.alert_expired(sale.alerts[0].alert_id)
    sale.show(Person(age=20), frames=10)
    assert sale.decisions == ["CHALLENGE"]
    sale.receive(Hello(till="till-1"))
    assert sale.decisions == ["CHALLENGE", "CHALLENGE"]
    assert sale.alerts[0].alert_id != sale.alerts[1].alert_id
