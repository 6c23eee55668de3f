"""What may be said of a share, and of the difference between two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.report.shares import Share, wilson_interval

shares = st.integers(1, 500).flatmap(lambda trials: st.builds(Share, st.integers(0, trials), st.just(trials)))


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(0, 0, 0, 1), (0, 10, 0, 0.2775), (1, 10, 0.0179, 0.4042), (10, 10, 0.7225, 1), (50, 1000, 0.0381, 0.0653)],
)
def test_the_interval_is_wilsons(hits: int, trials: int, low: float, high: float) -> None:
    assert wilson_interval(hits, trials) == pytest.approx((low, high), abs=1e-4)


def test_newcombes_own_example_of_a_difference_is_clear() -> None:
    # 56 of 70 against 48 of 80: the 95 % interval of the difference is 0.0524 to 0.3339 (Newcombe 1998, method 10).
    assert Share(56, 70).clearly_above(Share(48, 80))
    assert not Share(48, 80).clearly_above(Share(56, 70))


def test_few_trials_on_either_side_leave_the_difference_open() -> None:
    assert not Share(2, 4).clearly_above(Share(10, 40))
    assert not Share(30, 40).clearly_above(Share(2, 4))
    assert Share(30, 40).clearly_above(Share(10, 40))


def test_what_was_never_tried_differs_from_nothing() -> None:
    nothing = Share(0, 0)
    assert nothing.value == 0
    assert not nothing.clearly_above(Share(0, 100))
    assert not Share(100, 100).clearly_above(nothing)


@given(shares, shares)
def test_a_clear_difference_leaves_the_other_share_out_of_the_interval(one: Share, other: Share) -> None:
    if one.clearly_above(other):
        assert one.interval[0] > other.value
        assert one.value > other.interval[1]
        assert not other.clearly_above(one)
