"""What may be said of a share."""

from __future__ import annotations

import pytest

from edge.reports.shares import Share, wilson_interval


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(0, 0, 0, 1), (0, 10, 0, 0.2775), (1, 10, 0.0179, 0.4042), (10, 10, 0.7225, 1), (50, 1000, 0.0381, 0.0653)],
)
def test_the_interval_is_wilsons(hits: int, trials: int, low: float, high: float) -> None:
    assert wilson_interval(hits, trials) == pytest.approx((low, high), abs=1e-4)


def test_of_what_was_never_tried_the_share_is_zero_and_may_be_anything() -> None:
    assert (Share(0, 0).value, Share(0, 0).interval) == (0, (0, 1))
