"""Shares and their Wilson intervals."""

from __future__ import annotations

import pytest

from edge.reports.shares import Share, wilson_interval


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (0, 0, 0, 1),
        (0, 10, 0, 0.277532799863),
        (1, 10, 0.017876213095, 0.404150026795),
        (10, 10, 0.722467200137, 1),
        (3, 40, 0.025836025775, 0.198642335243),
        (50, 1000, 0.038130262393, 0.065313820244),
    ],
)
def test_the_interval_is_wilsons(hits: int, trials: int, low: float, high: float) -> None:
    assert wilson_interval(hits, trials) == pytest.approx((low, high), abs=1e-9)
    assert Share(hits, trials).interval == wilson_interval(hits, trials)


def test_a_share_without_trials_is_zero_with_the_widest_interval() -> None:
    assert (Share(0, 0).value, Share(0, 0).interval) == (0, (0, 1))
