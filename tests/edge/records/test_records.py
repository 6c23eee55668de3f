"""The record of a sale: the decision at its end, and its JSON."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from edge.decision.policy import Decision, Reason
from edge.records.records import AlertRecord, CheckRecord, SaleRecord
from edge.till.messages import AgeInterval

NOON = datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=timezone.utc)
CHALLENGE, NO_CHALLENGE, UNKNOWN = Decision.CHALLENGE, Decision.NO_CHALLENGE, Decision.UNKNOWN


def alert(
    decision: Decision, alert_id: str = "alert-1", *, received_at: datetime | None = None, expired: bool = False
) -> AlertRecord:
    return AlertRecord(
        alert_id=alert_id, decision=decision, reasons=(Reason.LOOKS_YOUNG,),
        age=AgeInterval(mean=21.5, low=16.5, high=27.5), p_under_legal=0.2, threshold=25, samples=7, issued_at=NOON,
        received_at=received_at, expired=expired,
    )  # fmt: skip


def sale(*alerts: AlertRecord, **others: object) -> SaleRecord:
    """others: more fields of the record."""
    fields = {
        "sale_id": "sale-1", "lane": "lane-1", "till": "till-1", "opened_at": NOON, "model": "0123", "config": "4567",
        "alerts": alerts,
    }  # fmt: skip
    return SaleRecord.model_validate(fields | others)


@pytest.mark.parametrize(
    ("sent", "decision", "ask"),
    [
        ([], UNKNOWN, True),
        ([(UNKNOWN, False)], UNKNOWN, True),
        ([(NO_CHALLENGE, False)], NO_CHALLENGE, False),
        ([(NO_CHALLENGE, False), (CHALLENGE, False)], CHALLENGE, True),
        ([(UNKNOWN, False), (NO_CHALLENGE, False)], NO_CHALLENGE, False),
        ([(UNKNOWN, False), (NO_CHALLENGE, True)], UNKNOWN, True),
        ([(NO_CHALLENGE, False), (CHALLENGE, True)], NO_CHALLENGE, False),
        ([(NO_CHALLENGE, True)], UNKNOWN, True),
    ],
)
def test_the_last_alert_that_did_not_expire_counts(
    sent: list[tuple[Decision, bool]], decision: Decision, ask: bool
) -> None:
    record = sale(*(alert(answer, expired=expired) for answer, expired in sent))
    assert record.decision is decision
    assert record.should_have_asked is ask


def test_the_delivery_of_one_alert_does_not_change_the_others() -> None:
    record = sale(alert(UNKNOWN, "alert-1"), alert(CHALLENGE, "alert-2")).with_delivery("alert-2", received_at=NOON)
    assert [sent.received_at for sent in record.alerts] == [None, NOON]
    assert record.with_delivery("alert-3", expired=True) == record


def test_a_received_alert_does_not_expire() -> None:
    record = sale(alert(CHALLENGE)).with_delivery("alert-1", received_at=NOON).with_delivery("alert-1", expired=True)
    assert (record.alerts[0].received_at, record.alerts[0].expired) == (NOON, False)


def test_an_expired_alert_stays_expired_when_it_is_confirmed() -> None:
    record = sale(alert(NO_CHALLENGE)).with_delivery("alert-1", expired=True).with_delivery("alert-1", received_at=NOON)
    assert (record.alerts[0].received_at, record.alerts[0].expired) == (None, True)
    assert record.should_have_asked


def test_a_record_is_read_back_to_the_millisecond() -> None:
    record = sale(
        alert(CHALLENGE, received_at=NOON), restricted_at=NOON, check="passed", checked_at=NOON, cashier_id="Анна",
        closed_at=NOON + timedelta(seconds=9), ended="completed",
    )  # fmt: skip
    text = record.model_dump_json()
    read = SaleRecord.model_validate_json(text)
    assert read.opened_at == NOON.replace(microsecond=123000)
    assert read.model_dump_json() == text
    assert '"opened_at":"2026-11-01T12:00:00.123Z"' in text


def test_a_record_of_an_older_version_is_read_with_its_check_and_its_cashier() -> None:
    written = sale(alert(CHALLENGE), closed_at=NOON, ended="completed").model_dump(mode="json")
    for name in ("training", "restricted", "withdrawn_at", "checks", "opened_by", "closed_by", "suspended_at",
                 "resumed_from", "resumed_as", "revision"):  # fmt: skip
        del written[name]
    older = {**written, "check": "failed", "checked_at": "2026-11-01T12:00:09.000Z", "cashier_id": "anna"}
    read = SaleRecord.model_validate(older)
    assert (read.check, read.cashier_id, read.closed_by, read.ended) == ("failed", "anna", "anna", "completed")
    [check] = read.checks
    assert (check.at, check.till, check.cashier_id) == (NOON.replace(second=9, microsecond=0), "till-1", "anna")
    assert SaleRecord.model_validate({**older, "check": None, "checked_at": None}).checks == ()


def test_a_record_of_an_older_version_has_no_store_and_no_box() -> None:
    written = sale(alert(CHALLENGE), closed_at=NOON, ended="completed").model_dump(mode="json")
    del written["store"], written["box"]
    read = SaleRecord.model_validate(written)
    assert (read.store, read.box) == (None, None)


@pytest.mark.parametrize(("lane", "carried"), [("lane-2", True), ("lane-1", False), (None, False)])
def test_a_check_that_came_from_another_lane_is_recognised_in_a_record_of_an_older_version(
    lane: str | None, carried: bool
) -> None:
    checks = [{"outcome": "passed", "at": NOON + timedelta(seconds=later_s), "till": "till-1"} for later_s in (0, 9)]
    written = sale(checks=checks, resumed_from={"sale_id": "sale-0", "lane": lane}).model_dump(mode="json")
    for check in written["checks"]:
        del check["carried"]
    assert [check.carried for check in SaleRecord.model_validate(written).checks] == [carried, False]
    later = {**written, "checks": written["checks"][1:]}
    assert [check.carried for check in SaleRecord.model_validate(later).checks] == [False]


@pytest.mark.parametrize(
    ("outcome", "checked_for", "sold_from", "answers"),
    [
        ("passed", 18, 18, True),
        ("passed", 21, 18, True),
        ("passed", 18, 21, False),
        ("failed", 21, 18, False),
        ("failed", 18, 21, True),
        ("not-shown", 21, 18, True),
        ("passed", None, 21, True),
    ],
)
def test_a_check_answers_for_the_ages_that_it_proves(
    outcome: str, checked_for: int | None, sold_from: int, answers: bool
) -> None:
    check = {"outcome": outcome, "at": NOON, "till": "till-1", "minimum_age": checked_for}
    record = sale(restricted=({"minimum_age": sold_from},), checks=(check,))
    assert record.check == (outcome if answers else None)


def test_a_time_without_a_zone_and_an_unknown_field_are_errors() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        sale(restricted_at=datetime(2026, 11, 1))
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        sale(photo="...")


def test_a_record_contains_nothing_about_the_customer_except_an_age_interval() -> None:
    kept = set(SaleRecord.model_fields) | set(AlertRecord.model_fields) | set(CheckRecord.model_fields)
    assert kept == {
        "sale_id", "lane", "till", "opened_at", "model", "config", "training", "restricted", "restricted_at",
        "withdrawn_at", "item_messages", "alerts", "checks", "opened_by", "closed_by", "waiting", "suspended_at",
        "resumed_from", "resumed_as", "closed_at", "ended", "revision", "till_opened_at", "till_closed_at", "store",
        "box", "alert_id", "decision", "reasons", "age", "p_under_legal", "max_p_under_legal", "legal_age",
        "threshold", "samples", "issued_at", "received_at", "expired",
        "outcome", "at", "cashier_id", "means", "authorised_by", "minimum_age", "carried",
    }  # fmt: skip
