"""The rate limit of one till: a rate, a burst, and a penalty for exceeding them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.till.limits import BURST, MESSAGES_A_SECOND, PENALTY_S, RateLimiter


def accepted(limiter: RateLimiter, messages: int, now_s: float) -> int:
    return sum(limiter.accept(now_s) for _ in range(messages))


def test_messages_beyond_the_burst_start_the_penalty() -> None:
    limiter = RateLimiter(0)
    assert accepted(limiter, BURST + 10, 0) == BURST
    assert accepted(limiter, 10, PENALTY_S - 0.1) == 0
    assert accepted(limiter, BURST, PENALTY_S) == BURST


def test_a_till_at_the_permitted_rate_is_always_accepted() -> None:
    limiter = RateLimiter(0)
    assert all(limiter.accept(number / MESSAGES_A_SECOND) for number in range(2000))


@given(st.lists(st.floats(0, 10), max_size=400))
def test_no_more_messages_are_accepted_than_the_rate_and_one_burst_allow(gaps_s: list[float]) -> None:
    limiter, now_s, count = RateLimiter(0), 0.0, 0
    for gap_s in gaps_s:
        now_s += gap_s
        count += limiter.accept(now_s)
    assert count <= BURST + now_s * MESSAGES_A_SECOND


def test_a_long_message_counts_several_times() -> None:
    limiter = RateLimiter(0)
    assert sum(limiter.accept(0, 256 * 1024) for _ in range(BURST)) == BURST // 5
