"""What one till may say: so many messages a second, a burst now and then, and a penalty for who says more."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.till.limits import BURST, MESSAGES_A_SECOND, PENALTY_S, RateLimiter, Rejections


def heard(allowance: RateLimiter, messages: int, now_s: float) -> int:
    return sum(allowance.accept(now_s) for _ in range(messages))


def test_a_burst_is_heard_and_what_is_more_begins_the_penalty() -> None:
    allowance = RateLimiter(0)
    assert heard(allowance, BURST + 10, 0) == BURST
    assert heard(allowance, 10, PENALTY_S - 0.1) == 0
    assert heard(allowance, BURST, PENALTY_S) == BURST


def test_a_till_at_the_permitted_rate_is_always_heard() -> None:
    allowance = RateLimiter(0)
    assert all(allowance.accept(number / MESSAGES_A_SECOND) for number in range(2000))


@given(st.lists(st.floats(0, 10), max_size=400))
def test_nobody_is_heard_more_often_than_the_rate_and_one_burst_allow(gaps_s: list[float]) -> None:
    allowance, now_s, count = RateLimiter(0), 0.0, 0
    for gap_s in gaps_s:
        now_s += gap_s
        count += allowance.accept(now_s)
    assert count <= BURST + now_s * MESSAGES_A_SECOND


def test_every_refusal_is_counted_and_few_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Rejections()
    for _ in range(1000):
        refusals.add("too fast", "till-1", "say less")
    refusals.add("unknown key", "a client", "get a key")
    assert refusals.counts == {"too fast": 1000, "unknown key": 1}
    assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [
        "rejected till-1: say less (1 times so far)",
        "rejected a client: get a key (1 times so far)",
    ]
