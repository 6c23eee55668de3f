"""A sale: when the till must be told something, and what may follow what."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decision.policy import Decision, Reason, Verdict
from edge.lane.sale import Sale, resume
from edge.records.records import AlertRecord, SaleRecord

WITHIN_S = 0.8
NOON = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)

decisions = st.sampled_from(Decision)
steps = st.lists(st.tuples(decisions, st.floats(0, 1), st.booleans(), st.integers(0, 9)), max_size=30)


def found(decision: Decision, looks: int = 3) -> Verdict:
    return Verdict(decision, (Reason.FEW_LOOKS,), None, looks)


def opened() -> Sale:
    record = SaleRecord(sale_id="sale-1", lane="lane-1", till="till-1", opened_at=NOON, model="m", config="c")
    return Sale(record, last_message_s=0.0)


def scanned_at(now_s: float) -> Sale:
    return opened().with_customer(1).scanned(now_s, NOON)


NUMBERS = count(1)


def alert(decision: Decision, looks: int = 3) -> AlertRecord:
    return AlertRecord(
        alert_id=f"alert-{next(NUMBERS)}", decision=decision, reasons=(), age=None, p_under_legal=None, threshold=25,
        samples=looks, issued_at=NOON,
    )  # fmt: skip


def told(sale: Sale, decision: Decision, looks: int = 3) -> Sale:
    return sale.with_answer(found(decision, looks), alert(decision, looks))


@pytest.mark.parametrize("decision", list(Decision))
def test_nothing_is_told_before_something_restricted_is_scanned(decision: Decision) -> None:
    assert opened().next_answer(found(decision), 100.0, WITHIN_S) is None


@pytest.mark.parametrize("decision", [Decision.CHALLENGE, Decision.NO_CHALLENGE])
def test_a_sure_answer_is_told_at_once(decision: Decision) -> None:
    assert scanned_at(5.0).next_answer(found(decision), 5.0, WITHIN_S) == found(decision)


def test_an_unknown_waits_for_better_looks_until_the_time_is_up() -> None:
    sale = scanned_at(5.0)
    assert sale.next_answer(found(Decision.UNKNOWN), 5.79, WITHIN_S) is None
    assert sale.next_answer(found(Decision.UNKNOWN), 5.81, WITHIN_S) == found(Decision.UNKNOWN)


def test_a_second_restricted_item_does_not_start_the_time_again() -> None:
    assert scanned_at(5.0).scanned(5.7, NOON + timedelta(seconds=1)) == scanned_at(5.0)


def test_the_first_customer_seen_stays_the_customer_of_the_sale() -> None:
    sale = opened().with_customer(None).with_customer(3).with_customer(4).with_customer(None)
    assert sale.customer == 3


def test_an_unknown_is_replaced_by_a_sure_answer_but_not_repeated() -> None:
    sale = told(scanned_at(5.0), Decision.UNKNOWN, looks=1)
    assert sale.next_answer(found(Decision.NO_CHALLENGE), 6.0, WITHIN_S)
    assert sale.next_answer(found(Decision.CHALLENGE), 6.0, WITHIN_S)
    assert not sale.next_answer(found(Decision.UNKNOWN), 60.0, WITHIN_S)


def test_a_no_challenge_is_taken_back_as_soon_as_there_is_doubt() -> None:
    sale = told(scanned_at(5.0), Decision.NO_CHALLENGE)
    assert sale.next_answer(found(Decision.UNKNOWN), 5.1, WITHIN_S)
    assert sale.next_answer(found(Decision.CHALLENGE), 5.1, WITHIN_S)


def test_an_unknown_is_replaced_only_by_a_look_that_is_new() -> None:
    sale = told(told(scanned_at(5.0), Decision.NO_CHALLENGE, looks=3), Decision.UNKNOWN, looks=3)
    assert not sale.next_answer(found(Decision.NO_CHALLENGE, looks=3), 7.0, WITHIN_S)
    assert sale.next_answer(found(Decision.NO_CHALLENGE, looks=4), 7.0, WITHIN_S)


@pytest.mark.parametrize("now_found", list(Decision))
def test_a_challenge_that_the_till_missed_is_told_again_once_the_till_speaks(now_found: Decision) -> None:
    sale = told(scanned_at(5.0), Decision.CHALLENGE)
    sale = sale.alert_expired(sale.record.alerts[-1].alert_id)
    assert sale.next_answer(found(now_found), 60.0, WITHIN_S) is None
    assert sale.message_received(70.0).next_answer(found(now_found, looks=9), 70.0, WITHIN_S) == found(
        Decision.CHALLENGE
    )


def test_any_other_answer_that_the_till_missed_is_found_anew() -> None:
    sale = told(scanned_at(5.0), Decision.NO_CHALLENGE)
    sale = sale.alert_expired(sale.record.alerts[-1].alert_id).message_received(70.0)
    assert sale.next_answer(found(Decision.UNKNOWN), 70.0, WITHIN_S) == found(Decision.UNKNOWN)


def test_an_older_alert_that_expires_changes_nothing_about_the_newer_one() -> None:
    sale = told(told(scanned_at(5.0), Decision.NO_CHALLENGE), Decision.CHALLENGE)
    sale = sale.alert_expired(sale.record.alerts[0].alert_id)
    assert [one.expired for one in sale.record.alerts] == [True, False]
    assert sale.message_received(70.0).next_answer(found(Decision.CHALLENGE), 70.0, WITHIN_S) is None


def test_the_record_says_what_was_told_received_and_checked() -> None:
    sale = told(scanned_at(5.0), Decision.CHALLENGE)
    sale = sale.alert_received(sale.record.alerts[0].alert_id, NOON + timedelta(seconds=1))
    sale = sale.checked("not-shown", None, NOON).checked("passed", "anna", NOON + timedelta(seconds=9))
    record = sale.closed("completed", None, NOON + timedelta(seconds=20))
    assert (record.decision, record.check, record.cashier_id, record.ended) == (
        "CHALLENGE",
        "passed",
        "anna",
        "completed",
    )
    assert (record.restricted_at, record.closed_at) == (NOON, NOON + timedelta(seconds=20))
    assert [(one.received_at, one.expired) for one in record.alerts] == [(NOON + timedelta(seconds=1), False)]


def test_an_alert_that_is_not_confirmed_by_the_close_counts_as_shown_to_nobody() -> None:
    record = told(scanned_at(5.0), Decision.NO_CHALLENGE).closed("completed", "anna", NOON)
    assert record.alerts[0].expired
    assert record.decision is Decision.UNKNOWN


def test_a_sale_that_goes_on_after_a_restart_keeps_what_was_told_and_none_of_the_evidence() -> None:
    before = told(scanned_at(5.0), Decision.NO_CHALLENGE)
    after = resume(before.record, 100.0)
    assert (after.answer.decision, after.customer, after.resumed) == (Decision.NO_CHALLENGE, None, True)
    assert after.next_answer(found(Decision.UNKNOWN), 100.0, WITHIN_S) == found(Decision.UNKNOWN)
    assert after.next_answer(found(Decision.NO_CHALLENGE, looks=9), 100.0, WITHIN_S) is None


@given(steps)
def test_no_sequence_of_verdicts_tells_anything_after_a_challenge(
    steps: list[tuple[Decision, float, bool, int]],
) -> None:
    sale, now_s, heard = opened(), 0.0, []
    for decision, passed_s, scan, looks in steps:
        now_s += passed_s
        sale = sale.scanned(now_s, NOON) if scan else sale
        if due := sale.next_answer(found(decision, looks), now_s, WITHIN_S):
            sale = sale.with_answer(due, alert(decision, looks))
            heard.append(decision)
    assert Decision.CHALLENGE not in heard[:-1]
    assert all(one is not next_ for one, next_ in pairwise(heard))


@given(steps)
def test_every_scan_is_answered_once_the_time_is_up(steps: list[tuple[Decision, float, bool, int]]) -> None:
    sale, now_s = scanned_at(0.0), 0.0
    for decision, passed_s, _, looks in steps:
        now_s += passed_s
        if due := sale.next_answer(found(decision, looks), now_s, WITHIN_S):
            sale = sale.with_answer(due, alert(decision, looks))
        assert sale.answer is not None or now_s < WITHIN_S


@given(steps, st.data())
def test_a_challenge_is_never_softened_whatever_expires_and_whenever_the_till_speaks(
    steps: list[tuple[Decision, float, bool, int]], data: st.DataObject
) -> None:
    sale, now_s, challenged = scanned_at(0.0), 0.0, False
    for decision, passed_s, _, looks in steps:
        now_s += passed_s
        if sale.record.alerts and data.draw(st.booleans()):
            sale = sale.alert_expired(data.draw(st.sampled_from(sale.record.alerts)).alert_id)
        if data.draw(st.booleans()):
            sale = sale.message_received(now_s)
        if due := sale.next_answer(found(decision, looks), now_s, WITHIN_S):
            sale = sale.with_answer(due, alert(due.decision, looks))
            assert not challenged or due.decision is Decision.CHALLENGE
            challenged |= due.decision is Decision.CHALLENGE
