"""ID checks before, during and after a sale, and who made them."""

from __future__ import annotations

import pytest

from edge.lane.known_sales import KEEP_WAITING_S, LATE_CHECK_S
from edge.till.messages import (
    Ack,
    CheckMeans,
    Error,
    Hello,
    IdChecked,
    ItemRemoved,
    RestrictedItem,
    SaleClosed,
    SaleOpened,
)
from tests.edge.driver import LaneDriver, drive
from tests.edge.people import Person

OPEN, SCAN, CLOSE = SaleOpened(sale_id="sale-1"), RestrictedItem(sale_id="sale-1"), SaleClosed(sale_id="sale-1")
CHECKED = IdChecked(sale_id="sale-1", outcome="passed", cashier_id="anna", means="document")


@pytest.fixture
def lane() -> LaneDriver:
    return drive(mode="on-sale")


def test_id_that_is_shown_before_the_sale_is_noted_with_its_time(lane: LaneDriver) -> None:
    assert isinstance(lane.receive(CHECKED), Ack)
    assert not lane.lane.analysing
    lane.wait(5)
    lane.receive(OPEN)
    lane.receive(SCAN)
    lane.receive(CLOSE)
    [record] = lane.records
    [check] = record.checks
    assert (record.check, check.cashier_id) == ("passed", "anna")
    assert (record.opened_at - check.at).total_seconds() == pytest.approx(5, abs=0.1)


def test_a_check_before_a_sale_survives_a_restart(lane: LaneDriver) -> None:
    lane.receive(CHECKED)
    again = drive(mode="on-sale")
    again.lane.resume(lane.lane.unfinished, (), 0.0)
    again.receive(OPEN)
    assert again.open_record.check == "passed"


def test_a_check_that_is_repeated_after_a_restart_is_noted_once(lane: LaneDriver) -> None:
    lane.receive(OPEN)
    lane.receive(SCAN)
    lane.receive(CHECKED)
    again = drive(mode="on-sale")
    again.lane.resume(lane.lane.unfinished, (), 0.0)
    again.wait(2)
    assert isinstance(again.receive(CHECKED), Ack)
    again.receive(CLOSE)
    again.receive(CHECKED)
    assert [len(record.checks) for record in again.records] == [1]


def test_a_check_for_a_sale_that_never_comes_is_forgotten(lane: LaneDriver, caplog: pytest.LogCaptureFixture) -> None:
    lane.receive(CHECKED)
    lane.now_s += KEEP_WAITING_S["announced"]
    lane.wait(1)
    assert lane.lane.unfinished == ()
    assert lane.records == []
    assert "an ID check of till-1 is not used: its sale sale-1 was never opened" in caplog.text


def test_id_that_is_shown_after_payment_is_noted_with_the_sale(lane: LaneDriver) -> None:
    lane.receive(OPEN)
    lane.receive(SCAN)
    lane.receive(CLOSE)
    lane.wait(3)
    assert isinstance(lane.receive(CHECKED), Ack)
    first, second = lane.records
    assert (first.key, first.checks, first.revision) == (second.key, (), 0)
    assert (second.check, second.revision, second.ended) == ("passed", 1, "completed")
    assert second.closed_at
    assert second.checks[0].at > second.closed_at


def test_a_check_long_after_the_sale_is_rejected(lane: LaneDriver) -> None:
    lane.receive(OPEN)
    lane.receive(SCAN)
    lane.receive(CLOSE)
    lane.now_s += LATE_CHECK_S + 1
    reply = lane.receive(CHECKED)
    assert isinstance(reply, Error)
    assert reply.code == "sale-over"
    assert len(lane.records) == 1


@pytest.mark.parametrize(
    "means", ["document", "digital-id", "known-customer", "manager-override", "obviously-of-age", None]
)
def test_how_the_age_was_known_is_recorded(means: CheckMeans | None, lane: LaneDriver) -> None:
    lane.receive(OPEN)
    lane.receive(SCAN)
    check = CHECKED.model_copy(update={"means": means, "authorised_by": "galina"})
    lane.receive(check)
    [noted] = lane.open_record.checks
    assert (noted.means, noted.authorised_by, noted.minimum_age) == (means, "galina", 18)


def test_passing_for_beer_does_not_answer_for_spirits(lane: LaneDriver) -> None:
    lane.receive(OPEN)
    lane.show(Person(age=60), frames=10)
    lane.receive(SCAN)
    lane.receive(CHECKED)
    lane.receive(RestrictedItem(sale_id="sale-1", sku="vodka", minimum_age=21))
    assert [(alert.decision, alert.legal_age) for alert in lane.alerts] == [("NO_CHALLENGE", 18), ("CHALLENGE", 21)]
    assert lane.open_record.check is None
    lane.receive(IdChecked(sale_id="sale-1", outcome="passed", cashier_id="anna"))
    assert lane.open_record.check == "passed"


def test_being_too_young_for_spirits_says_nothing_about_beer(lane: LaneDriver) -> None:
    lane.receive(OPEN)
    lane.show(Person(age=60), frames=10)
    lane.receive(SCAN)
    lane.receive(RestrictedItem(sale_id="sale-1", sku="vodka", minimum_age=21))
    lane.receive(IdChecked(sale_id="sale-1", outcome="failed", cashier_id="anna"))
    assert lane.open_record.check == "failed"
    lane.receive(ItemRemoved(sale_id="sale-1", sku="vodka"))
    assert lane.open_record.check is None
    assert lane.alerts[-1].legal_age == 18


def test_a_till_does_not_report_checks_of_another_till(lane: LaneDriver) -> None:
    lane.receive(OPEN)
    lane.receive(SCAN)
    for message in (CHECKED, CHECKED.model_copy(update={"till": "till-1"})):
        reply = lane.receive(message, till="till-2")
        assert isinstance(reply, Error)
        assert reply.code == "not-allowed"
    assert lane.open_record.checks == ()


@pytest.mark.parametrize("till", ["till-1", None], ids=["names the till", "only one till has this sale"])
def test_an_attendant_reports_a_check_with_its_own_name(till: str | None, lane: LaneDriver) -> None:
    lane.receive(Hello(till="desk", role="attendant"), till="desk")
    lane.receive(OPEN)
    lane.receive(SCAN)
    lane.receive(CHECKED.model_copy(update={"cashier_id": "vera", "till": till}), till="desk")
    lane.receive(SaleClosed(sale_id="sale-1"))
    [record] = lane.records
    [check] = record.checks
    assert (record.check, check.till, check.cashier_id) == ("passed", "desk", "vera")
    assert (record.cashier_id, record.closed_by) == (None, None), "nobody closed it, and the attendant sold nothing"


def test_an_attendant_names_the_till_when_two_have_the_sale(lane: LaneDriver) -> None:
    lane.receive(Hello(till="desk", role="attendant"), till="desk")
    for till in ("till-1", "till-2"):
        lane.receive(OPEN, till=till)
    reply = lane.receive(CHECKED, till="desk")
    assert isinstance(reply, Error)
    assert (reply.code, reply.text) == (
        "no-such-sale",
        "till-1 and till-2 have a sale sale-1: name the till of the sale in `till`",
    )
    assert isinstance(lane.receive(CHECKED.model_copy(update={"till": "till-2"}), till="desk"), Ack)


@pytest.mark.parametrize("role", ["attendant", "display"])
def test_a_listener_sells_nothing_and_ends_no_continuous_mode(role: str) -> None:
    lane = drive(mode="auto")
    lane.receive(Hello.model_validate({"till": "desk", "role": role}), till="desk")
    assert lane.lane.analysing
    assert lane.lane.listeners == ("desk",)
    reply = lane.receive(OPEN, till="desk")
    assert isinstance(reply, Error)
    assert (reply.code, reply.text) == (
        "not-allowed",
        f"desk said hello as {role}, which may not send lane.sale.opened",
    )
