"""Which sale a message is about: suspended and resumed sales, several tills on one lane, ids that begin anew."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edge.decision.policy import Reason
from edge.lane.known_sales import KEEP_WAITING_S
from edge.till.messages import (
    Ack,
    AlertWithdrawn,
    CheckResult,
    Error,
    IdChecked,
    RestrictedItem,
    ResumedSale,
    SaleClosed,
    SaleOpened,
    SaleReference,
    SaleSuspended,
)
from tests.edge.driver import LaneDriver, drive
from tests.edge.people import Person

OPEN, SCAN, SUSPEND, CLOSE = (
    SaleOpened(sale_id="sale-1"),
    RestrictedItem(sale_id="sale-1", sku="beer"),
    SaleSuspended(sale_id="sale-1"),
    SaleClosed(sale_id="sale-1"),
)
NEXT, CLOSE_NEXT = SaleOpened(sale_id="sale-2"), SaleClosed(sale_id="sale-2")
CHECKED = IdChecked(sale_id="sale-1", outcome="passed", cashier_id="anna")
DAY_S = 24 * 3600.0


def after_restart(lane: LaneDriver) -> LaneDriver:
    """The lane of an agent that was started again."""
    again = drive(mode="on-sale")
    again.lane.resume(lane.lane.unfinished, lane.records, 0.0)
    return again


@pytest.fixture
def sale() -> LaneDriver:
    """A customer of 20 buys beer and has shown ID."""
    lane = drive(mode="on-sale")
    lane.receive(OPEN)
    lane.show(Person(age=20), frames=10)
    lane.receive(SCAN)
    lane.receive(CHECKED)
    return lane


@pytest.mark.parametrize("suspended", [True, False], ids=["suspended", "without a word"])
def test_a_sale_continues_after_another_one_in_between(suspended: bool, sale: LaneDriver) -> None:
    if suspended:
        sale.receive(SUSPEND)
    sale.receive(NEXT)
    sale.receive(CLOSE_NEXT)
    sale.show(Person(2, age=60), frames=10)
    sale.receive(OPEN)
    sale.receive(CLOSE)
    first = sale.records[-1]
    assert [record.sale_id for record in sale.records] == ["sale-2", "sale-1"]
    assert (first.ended, first.check, first.checks[0].cashier_id, first.waiting) == (
        "completed",
        "passed",
        "anna",
        None,
    )


def test_a_resumed_sale_is_looked_at_anew(sale: LaneDriver) -> None:
    sale.receive(SUSPEND)
    sale.show(Person(2, age=60), frames=30)
    sale.receive(OPEN)
    sale.show(Person(2, age=60), frames=10)
    assert sale.decisions == ["CHALLENGE", "NO_CHALLENGE"]


def test_a_suspended_sale_takes_its_prompt_back_and_is_not_answered(sale: LaneDriver) -> None:
    sale = drive(mode="on-sale")
    sale.receive(OPEN)
    sale.show(Person(age=20), frames=10)
    sale.receive(SCAN)
    sale.receive(SUSPEND)
    assert isinstance(sale.sent[-1], AlertWithdrawn)
    sale.show(Person(age=60), frames=10)
    assert sale.decisions == ["CHALLENGE"]
    assert not sale.lane.analysing
    reply = sale.receive(SCAN)
    assert isinstance(reply, Error)
    assert reply.code == "no-such-sale"


def test_another_till_resumes_a_sale_under_its_own_id(sale: LaneDriver) -> None:
    sale.receive(SUSPEND)
    resumed = SaleOpened(sale_id="b-7", resumes=ResumedSale(sale_id="sale-1", till="till-1"))
    assert isinstance(sale.receive(resumed, till="till-2"), Ack)
    sale.receive(SaleClosed(sale_id="b-7", cashier_id="boris"), till="till-2")
    [record] = sale.records
    assert (record.till, record.sale_id, record.closed_by) == ("till-2", "b-7", "boris")
    assert record.resumed_from == SaleReference(sale_id="sale-1", till="till-1", lane="lane-1")
    assert (record.check, record.checks[0].cashier_id, record.checks[0].till) == ("passed", "anna", "till-1")


def test_two_lanes_name_each_other(sale: LaneDriver) -> None:
    other = drive(mode="on-sale", lane="lane-2")
    sale.receive(SUSPEND)
    check = CheckResult(outcome="passed", cashier_id="anna", means="document")
    resumes = ResumedSale(sale_id="sale-1", till="till-1", lane="lane-1", check=check)
    other.receive(SaleOpened(sale_id="c-3", resumes=resumes), till="till-5")
    other.receive(RestrictedItem(sale_id="c-3"), till="till-5")
    other.receive(SaleClosed(sale_id="c-3", cashier_id="vera"), till="till-5")
    there = SaleReference(sale_id="c-3", till="till-5", lane="lane-2")
    sale.receive(SaleSuspended(sale_id="sale-1", resumed_as=there))
    [first], [second] = sale.records, other.records
    assert (first.ended, first.resumed_as) == ("suspended", there)
    assert second.resumed_from == SaleReference(sale_id="sale-1", till="till-1", lane="lane-1")
    assert (second.ended, second.check, second.checks[0].cashier_id, second.closed_by) == (
        "completed",
        "passed",
        "anna",
        "vera",
    )


def test_a_suspended_sale_that_nobody_resumes_ends_after_a_day(sale: LaneDriver) -> None:
    sale.receive(SUSPEND)
    sale.now_s += KEEP_WAITING_S["suspended"] - 1
    sale.wait(0.5)
    assert sale.records == []
    sale.wait(1)
    assert [record.ended for record in sale.records] == ["suspended"]


def test_a_close_without_resuming_closes_a_suspended_sale(sale: LaneDriver) -> None:
    sale.receive(SUSPEND)
    sale.receive(CLOSE)
    assert [(record.ended, record.check) for record in sale.records] == [("completed", "passed")]


def test_a_check_of_a_suspended_sale_is_noted(sale: LaneDriver) -> None:
    sale.receive(SUSPEND)
    sale.receive(IdChecked(sale_id="sale-1", outcome="failed", cashier_id="boris"))
    sale.receive(OPEN)
    assert [check.cashier_id for check in sale.open_record.checks] == ["anna", "boris"]


def test_a_restart_keeps_suspended_and_open_sales(sale: LaneDriver) -> None:
    sale.receive(SUSPEND)
    sale.receive(NEXT)
    again = drive(mode="on-sale")
    again.lane.resume(sale.lane.unfinished, sale.records, 0.0)
    assert [open_sale.sale_id for open_sale in again.lane.open_sales] == ["sale-2"]
    again.receive(OPEN)
    assert again.open_record.check == "passed"
    assert again.open_record.restricted == sale.lane.unfinished[-1].restricted


def test_a_sale_given_up_can_be_opened_again_and_keeps_its_check(sale: LaneDriver) -> None:
    sale.now_s += 3600
    sale.wait(1)
    assert [record.ended for record in sale.records] == ["abandoned"]
    assert isinstance(sale.receive(OPEN), Ack)
    sale.receive(CLOSE)
    assert [(record.ended, record.check, record.revision) for record in sale.records[1:]] == [
        ("completed", "passed", 1)
    ]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_sale_given_up_is_resumed_once_and_has_one_end(restarted: bool, sale: LaneDriver) -> None:
    sale.now_s += 3600
    sale.wait(1)
    resumed = SaleOpened(sale_id="b-7", resumes=ResumedSale(sale_id="sale-1", till="till-1"))
    sale.receive(resumed, till="till-2")
    if restarted:
        sale = after_restart(sale)
    again = resumed.model_copy(update={"sale_id": "c-8"})
    sale.receive(again, till="till-3")
    assert isinstance(sale.receive(CLOSE), Ack)
    sale.receive(SaleClosed(sale_id="b-7"), till="till-2")
    last = sale.records[-1]
    assert (last.sale_id, last.ended, last.revision) == ("b-7", "completed", 1)
    assert len(sale.records) == (1 if restarted else 2)
    assert sale.open_record.sale_id == "c-8"
    assert sale.open_record.checks == (), "a new sale, that knows nothing of the first"


@pytest.mark.parametrize("restarted", [False, True])
def test_a_sale_that_its_till_opened_again_is_not_resumed_by_another_one(restarted: bool, sale: LaneDriver) -> None:
    sale.now_s += 3600
    sale.wait(1)
    sale.receive(OPEN)
    if restarted:
        sale = after_restart(sale)
    sale.receive(SaleOpened(sale_id="b-7", resumes=ResumedSale(sale_id="sale-1", till="till-1")), till="till-2")
    assert [(other.till, other.record.check) for other in sale.lane.open_sales] == [
        ("till-1", "passed"), ("till-2", None),
    ]  # fmt: skip


def test_each_till_has_its_own_sale() -> None:
    lane = drive(mode="on-sale")
    for till in ("till-1", "till-2"):
        lane.receive(OPEN, till=till)
    lane.receive(SCAN, till="till-2")
    for till in ("till-1", "till-2"):
        lane.receive(CLOSE, till=till)
    assert [(record.till, record.ended, record.restricted_at is not None) for record in lane.records] == [
        ("till-1", "completed", False),
        ("till-2", "completed", True),
    ]


def test_nobody_knows_whose_face_it_is_while_two_tills_sell() -> None:
    lane = drive(mode="on-sale")
    lane.receive(SaleOpened(sale_id="other"), till="till-2")
    lane.receive(OPEN)
    lane.show(Person(age=60), frames=10)
    lane.receive(SCAN)
    lane.show(Person(age=60), frames=10)
    assert [(alert.till, alert.decision, alert.reasons) for alert in lane.alerts] == [
        ("till-1", "UNKNOWN", (Reason.SEVERAL_SALES,))
    ]
    lane.receive(SaleClosed(sale_id="other"), till="till-2")
    lane.show(Person(age=60), frames=10)
    assert lane.decisions == ["UNKNOWN", "NO_CHALLENGE"]


def test_a_till_that_is_gone_for_a_minute_has_no_customer() -> None:
    lane = drive(mode="on-sale")
    lane.receive(SaleOpened(sale_id="other"), till="till-2")
    lane.now_s += 61
    lane.receive(OPEN)
    lane.show(Person(age=60), frames=10)
    lane.receive(SCAN)
    assert lane.decisions == ["NO_CHALLENGE"]


def test_a_receipt_number_may_begin_anew_on_another_day(sale: LaneDriver) -> None:
    sale.receive(CLOSE)
    reply = sale.receive(OPEN)
    assert isinstance(reply, Error)
    assert reply.code == "sale-over"
    sale.now_s += DAY_S
    assert isinstance(sale.receive(OPEN), Ack)
    sale.receive(SCAN)
    sale.receive(CLOSE)
    first, second = sale.records
    assert first.sale_id == second.sale_id
    assert second.opened_at - first.opened_at >= timedelta(days=1)
    assert second.checks == ()


def test_a_message_about_a_sale_that_is_over_says_so(sale: LaneDriver) -> None:
    sale.receive(CLOSE)
    reply = sale.receive(SCAN)
    assert isinstance(reply, Error)
    assert (reply.code, reply.text) == ("sale-over", "sale sale-1 is over: do not repeat this")


def test_a_training_sale_is_answered_and_marked() -> None:
    lane = drive(mode="on-sale")
    lane.receive(SaleOpened(sale_id="sale-1", training=True, cashier_id="anna"))
    lane.show(Person(age=20), frames=10)
    lane.receive(SCAN)
    assert [(alert.decision, alert.training) for alert in lane.alerts] == [("CHALLENGE", True)]
    lane.receive(CLOSE)
    assert [(record.training, record.opened_by) for record in lane.records] == [(True, "anna")]
