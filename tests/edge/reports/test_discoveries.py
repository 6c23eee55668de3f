"""Which differences are more than chance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from edge.reports.discoveries import false_discovery_rates, p_value_of_difference
from edge.reports.shares import Share


def test_the_difference_of_two_shares_is_fishers_tea() -> None:
    # The lady who tasted tea: three of four cups right on either side (Fisher 1935); two-sided by hand, 34/70.
    assert p_value_of_difference(Share(3, 4), Share(1, 4)) == pytest.approx(34 / 70)


def test_what_was_never_tried_differs_from_nothing() -> None:
    assert p_value_of_difference(Share(0, 0), Share(50, 100)) == 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_rates_are_those_of_benjamini_and_hochberg(p_values: list[float]) -> None:
    assert false_discovery_rates(p_values) == pytest.approx(list(stats.false_discovery_control(p_values)))


def test_with_nothing_to_compare_there_are_no_rates() -> None:
    assert false_discovery_rates([]) == []
