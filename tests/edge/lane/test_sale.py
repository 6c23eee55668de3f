"""A sale: when an answer is sent to the till, and which answer may follow which."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decision.policy import Decision, Reason, Verdict
from edge.lane.sale import Sale, resume
from edge.records.records import AlertRecord, CheckRecord, SaleRecord
from edge.till.messages import AgeRestrictedItem

WITHIN_S = 0.8
BEER = AgeRestrictedItem(sku="beer", minimum_age=18)
NOON = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)

decisions = st.sampled_from(Decision)
steps = st.lists(st.tuples(decisions, st.floats(0, 1), st.booleans(), st.integers(0, 9)), max_size=30)


def verdict(decision: Decision, samples: int = 3) -> Verdict:
    return Verdict(decision, (Reason.FEW_LOOKS,), None, samples)


def opened() -> Sale:
    record = SaleRecord(sale_id="sale-1", lane="lane-1", till="till-1", opened_at=NOON, model="m", config="c")
    return Sale(record, last_message_s=0.0)


def scanned_at(now_s: float) -> Sale:
    return opened().with_customer(1).scanned(BEER, now_s, NOON)


NUMBERS = count(1)


def alert(decision: Decision, samples: int = 3) -> AlertRecord:
    return AlertRecord(
        alert_id=f"alert-{next(NUMBERS)}", decision=decision, reasons=(), age=None, p_under_legal=None, threshold=25,
        samples=samples, issued_at=NOON,
    )  # fmt: skip


def answered(sale: Sale, decision: Decision, samples: int = 3) -> Sale:
    return sale.with_answer(verdict(decision, samples), alert(decision, samples))


@pytest.mark.parametrize("decision", list(Decision))
def test_nothing_is_sent_before_a_restricted_item_is_scanned(decision: Decision) -> None:
    assert opened().next_answer(verdict(decision), 100.0, WITHIN_S) is None


@pytest.mark.parametrize("decision", [Decision.CHALLENGE, Decision.NO_CHALLENGE])
def test_a_sure_answer_is_sent_at_once(decision: Decision) -> None:
    assert scanned_at(5.0).next_answer(verdict(decision), 5.0, WITHIN_S) == verdict(decision)


def test_an_unknown_waits_for_better_samples_until_the_time_is_up() -> None:
    sale = scanned_at(5.0)
    assert sale.next_answer(verdict(Decision.UNKNOWN), 5.79, WITHIN_S) is None
    assert sale.next_answer(verdict(Decision.UNKNOWN), 5.81, WITHIN_S) == verdict(Decision.UNKNOWN)


def test_a_second_restricted_item_does_not_restart_the_time() -> None:
    again = scanned_at(5.0).scanned(BEER, 5.7, NOON + timedelta(seconds=1))
    assert (again.restricted_s, again.record.restricted_at) == (5.0, NOON)
    assert again.record.restricted == (BEER, BEER)


def test_the_first_customer_seen_stays_the_customer_of_the_sale() -> None:
    sale = opened().with_customer(None).with_customer(3).with_customer(4).with_customer(None)
    assert sale.customer == 3


def test_an_unknown_is_replaced_by_a_sure_answer_but_not_repeated() -> None:
    sale = answered(scanned_at(5.0), Decision.UNKNOWN, samples=1)
    assert sale.next_answer(verdict(Decision.NO_CHALLENGE), 6.0, WITHIN_S)
    assert sale.next_answer(verdict(Decision.CHALLENGE), 6.0, WITHIN_S)
    assert not sale.next_answer(verdict(Decision.UNKNOWN), 60.0, WITHIN_S)


def test_a_no_challenge_is_replaced_as_soon_as_there_is_doubt() -> None:
    sale = answered(scanned_at(5.0), Decision.NO_CHALLENGE)
    assert sale.next_answer(verdict(Decision.UNKNOWN), 5.1, WITHIN_S)
    assert sale.next_answer(verdict(Decision.CHALLENGE), 5.1, WITHIN_S)


def test_an_unknown_is_replaced_only_after_a_new_sample() -> None:
    sale = answered(answered(scanned_at(5.0), Decision.NO_CHALLENGE, samples=3), Decision.UNKNOWN, samples=3)
    assert not sale.next_answer(verdict(Decision.NO_CHALLENGE, samples=3), 7.0, WITHIN_S)
    assert sale.next_answer(verdict(Decision.NO_CHALLENGE, samples=4), 7.0, WITHIN_S)


@pytest.mark.parametrize("current", list(Decision))
def test_a_missed_challenge_is_resent_after_the_next_message_of_the_till(current: Decision) -> None:
    sale = answered(scanned_at(5.0), Decision.CHALLENGE)
    sale = sale.alert_expired(sale.record.alerts[-1].alert_id)
    assert sale.next_answer(verdict(current), 60.0, WITHIN_S) is None
    assert sale.message_received(70.0).next_answer(verdict(current, samples=9), 70.0, WITHIN_S) == verdict(
        Decision.CHALLENGE
    )


def test_any_other_missed_answer_is_replaced_by_the_current_verdict() -> None:
    sale = answered(scanned_at(5.0), Decision.NO_CHALLENGE)
    sale = sale.alert_expired(sale.record.alerts[-1].alert_id).message_received(70.0)
    assert sale.next_answer(verdict(Decision.UNKNOWN), 70.0, WITHIN_S) == verdict(Decision.UNKNOWN)


def test_an_older_alert_that_expires_does_not_change_the_newer_one() -> None:
    sale = answered(answered(scanned_at(5.0), Decision.NO_CHALLENGE), Decision.CHALLENGE)
    sale = sale.alert_expired(sale.record.alerts[0].alert_id)
    assert [alert.expired for alert in sale.record.alerts] == [True, False]
    assert sale.message_received(70.0).next_answer(verdict(Decision.CHALLENGE), 70.0, WITHIN_S) is None


def test_the_record_has_the_alert_its_delivery_and_the_check() -> None:
    sale = answered(scanned_at(5.0), Decision.CHALLENGE)
    sale = sale.alert_received(sale.record.alerts[0].alert_id, NOON + timedelta(seconds=1))
    sale = sale.checked(CheckRecord(outcome="not-shown", at=NOON, till="till-1"))
    passed = CheckRecord(outcome="passed", at=NOON + timedelta(seconds=9), till="till-1", cashier_id="anna")
    sale = sale.checked(passed)
    record = sale.closed("completed", None, NOON + timedelta(seconds=20))
    assert (record.decision, record.check, record.cashier_id, record.ended) == (
        "CHALLENGE",
        "passed",
        "anna",
        "completed",
    )
    assert (record.restricted_at, record.closed_at) == (NOON, NOON + timedelta(seconds=20))
    assert [(alert.received_at, alert.expired) for alert in record.alerts] == [(NOON + timedelta(seconds=1), False)]


def test_an_alert_that_is_unconfirmed_at_the_close_is_marked_expired() -> None:
    record = answered(scanned_at(5.0), Decision.NO_CHALLENGE).closed("completed", "anna", NOON)
    assert record.alerts[0].expired
    assert record.decision is Decision.UNKNOWN


def test_after_a_restart_a_sale_keeps_its_answer_but_not_its_customer() -> None:
    before = answered(scanned_at(5.0), Decision.NO_CHALLENGE)
    after = resume(before.record, 100.0)
    assert after.answer
    assert (after.answer.decision, after.customer, after.restarted) == (Decision.NO_CHALLENGE, None, True)
    assert after.next_answer(verdict(Decision.UNKNOWN), 100.0, WITHIN_S) == verdict(Decision.UNKNOWN)
    assert after.next_answer(verdict(Decision.NO_CHALLENGE, samples=9), 100.0, WITHIN_S) is None


@given(steps)
def test_nothing_is_sent_after_a_challenge(
    steps: list[tuple[Decision, float, bool, int]],
) -> None:
    sale, now_s, sent = opened(), 0.0, []
    for decision, passed_s, scan, samples in steps:
        now_s += passed_s
        sale = sale.scanned(BEER, now_s, NOON) if scan else sale
        if answer := sale.next_answer(verdict(decision, samples), now_s, WITHIN_S):
            sale = sale.with_answer(answer, alert(decision, samples))
            sent.append(decision)
    assert Decision.CHALLENGE not in sent[:-1]
    assert all(first is not second for first, second in pairwise(sent))


@given(steps)
def test_every_scan_is_answered_when_the_time_is_up(steps: list[tuple[Decision, float, bool, int]]) -> None:
    sale, now_s = scanned_at(0.0), 0.0
    for decision, passed_s, _, samples in steps:
        now_s += passed_s
        if answer := sale.next_answer(verdict(decision, samples), now_s, WITHIN_S):
            sale = sale.with_answer(answer, alert(decision, samples))
        assert sale.answer is not None or now_s < WITHIN_S


@given(steps, st.data())
def test_a_challenge_stays_a_challenge_when_alerts_expire_and_tills_return(
    steps: list[tuple[Decision, float, bool, int]], data: st.DataObject
) -> None:
    sale, now_s, challenged = scanned_at(0.0), 0.0, False
    for decision, passed_s, _, samples in steps:
        now_s += passed_s
        if len(sale.record.alerts) > 0 and data.draw(st.booleans()):
            expired: AlertRecord = data.draw(st.sampled_from(sale.record.alerts))
            sale = sale.alert_expired(expired.alert_id)
        if data.draw(st.booleans()):
            sale = sale.message_received(now_s)
        if answer := sale.next_answer(verdict(decision, samples), now_s, WITHIN_S):
            sale = sale.with_answer(answer, alert(answer.decision, samples))
            assert not challenged or answer.decision is Decision.CHALLENGE
            challenged |= answer.decision is Decision.CHALLENGE
