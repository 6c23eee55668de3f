"""A sale: when the till must be told something, and what may follow what."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.policy import Decision, Reason, Verdict
from edge.sale import Sale

WITHIN_S = 0.8

decisions = st.sampled_from(Decision)
steps = st.lists(st.tuples(decisions, st.floats(0, 1), st.booleans(), st.integers(0, 9)), max_size=30)


def found(decision: Decision, looks: int = 3) -> Verdict:
    return Verdict(decision, (Reason.FEW_LOOKS,), None, looks)


def scanned_at(now_s: float) -> Sale:
    return Sale("sale-1", opened_s=0.0).with_customer(1).scanned(now_s)


@pytest.mark.parametrize("decision", list(Decision))
def test_nothing_is_told_before_something_restricted_is_scanned(decision: Decision) -> None:
    assert not Sale("sale-1", 0.0).wants(found(decision), 100.0, WITHIN_S)


@pytest.mark.parametrize("decision", [Decision.CHALLENGE, Decision.NO_CHALLENGE])
def test_a_sure_answer_is_told_at_once(decision: Decision) -> None:
    assert scanned_at(5.0).wants(found(decision), 5.0, WITHIN_S)


def test_an_unknown_waits_for_better_looks_until_the_time_is_up() -> None:
    sale = scanned_at(5.0)
    assert not sale.wants(found(Decision.UNKNOWN), 5.79, WITHIN_S)
    assert sale.wants(found(Decision.UNKNOWN), 5.81, WITHIN_S)


def test_a_second_restricted_item_does_not_start_the_time_again() -> None:
    assert scanned_at(5.0).scanned(5.7) == scanned_at(5.0)


def test_the_first_customer_seen_stays_the_customer_of_the_sale() -> None:
    sale = Sale("sale-1", 0.0).with_customer(None).with_customer(3).with_customer(4).with_customer(None)
    assert sale.customer == 3


def test_an_unknown_is_replaced_by_a_sure_answer_but_not_repeated() -> None:
    sale = scanned_at(5.0).with_answer(found(Decision.UNKNOWN, looks=1))
    assert sale.wants(found(Decision.NO_CHALLENGE), 6.0, WITHIN_S)
    assert sale.wants(found(Decision.CHALLENGE), 6.0, WITHIN_S)
    assert not sale.wants(found(Decision.UNKNOWN), 60.0, WITHIN_S)


def test_a_no_challenge_is_taken_back_as_soon_as_there_is_doubt() -> None:
    sale = scanned_at(5.0).with_answer(found(Decision.NO_CHALLENGE))
    assert sale.wants(found(Decision.UNKNOWN), 5.1, WITHIN_S)
    assert sale.wants(found(Decision.CHALLENGE), 5.1, WITHIN_S)


def test_an_unknown_is_replaced_only_by_a_look_that_is_new() -> None:
    sale = scanned_at(5.0).with_answer(found(Decision.NO_CHALLENGE, looks=3)).with_answer(found(Decision.UNKNOWN, 3))
    assert not sale.wants(found(Decision.NO_CHALLENGE, looks=3), 7.0, WITHIN_S)
    assert sale.wants(found(Decision.NO_CHALLENGE, looks=4), 7.0, WITHIN_S)


@given(steps)
def test_no_sequence_of_verdicts_tells_anything_after_a_challenge(
    steps: list[tuple[Decision, float, bool, int]],
) -> None:
    sale, now_s, told = Sale("sale-1", 0.0), 0.0, []
    for decision, passed_s, scan, looks in steps:
        now_s += passed_s
        sale = sale.scanned(now_s) if scan else sale
        verdict = found(decision, looks)
        if sale.wants(verdict, now_s, WITHIN_S):
            sale = sale.with_answer(verdict)
            told.append(decision)
    assert Decision.CHALLENGE not in told[:-1]
    assert all(one is not next_ for one, next_ in pairwise(told))


@given(steps)
def test_every_scan_is_answered_once_the_time_is_up(steps: list[tuple[Decision, float, bool, int]]) -> None:
    sale, now_s = scanned_at(0.0), 0.0
    for decision, passed_s, _, looks in steps:
        now_s += passed_s
        verdict = found(decision, looks)
        if sale.wants(verdict, now_s, WITHIN_S):
            sale = sale.with_answer(verdict)
        assert sale.told is not None or now_s < WITHIN_S
